// A durable job: its arguments are a struct, its handler a function, its result is kept in the store.
#include "offstage/jobs/client.hpp"
#include "offstage/jobs/worker.hpp"
#include "offstage/stores/open.hpp"

#include <iostream>

using namespace offstage;
using namespace std::chrono_literals;

struct CountWords {
    static constexpr std::string_view kind = "count_words";
    std::string text;
};
BOOST_DESCRIBE_STRUCT(CountWords, (), (text))

int count_words(const CountWords& job, jobs::Context& context) {
    if (context.attempt() == 1) throw std::runtime_error("out of ink"); // is tried again
    return static_cast<int>(1 + std::ranges::count(job.text, ' '));
}

int main() {
    const auto store = stores::open("sqlite:words.db");
    jobs::Registry kinds;
    kinds.add<CountWords>(count_words, {.timeout = 1min, .backoff = jobs::constant(10ms)});
    Runtime runtime;
    jobs::Worker worker{*store, kinds, runtime, {.queues = {{"default", 2}}}};

    jobs::Client client{*store};
    const jobs::JobId id = client.enqueue(CountWords{"it survives a crash"}).id; // on disk from here on
    const jobs::JobRecord job = client.wait(id);
    std::cout << to_string(job.state) << " after " << job.attempt << " attempts: " << *client.result<int>(id)
              << " words\n";
}

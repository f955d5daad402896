#include "offstage/web/jobs_api/events.hpp"

#include "offstage/base/json.hpp"
#include "offstage/sys/random.hpp"

#include <utility>

namespace offstage::web::jobs_api {
namespace {

struct ChangeView {
    std::int64_t id = 0;
    std::string state;
};
BOOST_DESCRIBE_STRUCT(ChangeView, (), (id, state))

struct ChangesView {
    std::vector<ChangeView> jobs;
    bool more = false;
};
BOOST_DESCRIBE_STRUCT(ChangesView, (), (jobs, more))

struct HelloView {
    std::string server;
};
BOOST_DESCRIBE_STRUCT(HelloView, (), (server))

} // namespace

Events::Events(std::size_t max_clients, std::function<void()> wake)
    : wake_(std::move(wake)), server_(std::to_string(sys::random_u64())),
      hub_({.max_subscribers = max_clients}) {}

Response Events::open() {
    heard_.store(true, std::memory_order_relaxed);
    return hub_.subscribe(format_event("hello", to_json(HelloView{server_})));
}

// Relaxed: who opened its stream after this change was committed asks for the jobs anew and finds it there.
void Events::changed(std::span<const stores::JobChange> changes) {
    if (!heard_.load(std::memory_order_relaxed)) return;
    bool first = false;
    {
        const sys::MutexLock lock(mutex_);
        first = gathered_.empty();
        for (const stores::JobChange& change : changes) {
            if (gathered_.size() == max_changes && !gathered_.contains(change.id))
                more_ = true;
            else
                gathered_[change.id] = change;
            // The rest of a great commit cannot be told one by one.
            if (more_) break;
        }
    }
    if (first) wake_();
}

void Events::stats(std::string_view json) {
    if (!heard_.load(std::memory_order_relaxed)) return;
    hub_.publish("stats", json);
    if (hub_.subscribers() == 0) heard_.store(false, std::memory_order_relaxed);
}

SteadyTime Events::tick(SteadyTime now) {
    ChangesView view;
    {
        const sys::MutexLock lock(mutex_);
        if (gathered_.empty()) return SteadyTime::max();
        if (now < told_ + gather) return told_ + gather;
        told_ = now;
        view.more = std::exchange(more_, false);
        for (const auto& [id, change] : std::exchange(gathered_, {}))
            view.jobs.push_back(
                {id.value, change.removed ? "deleted" : std::string(stores::to_string(change.state))});
    }
    hub_.publish("jobs", to_json(view));
    return SteadyTime::max();
}

} // namespace offstage::web::jobs_api

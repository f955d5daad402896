// What the tests of the jobs API share: a store under a clock set by hand, the routes on it without a socket
// and without a thread, and every answer held against openapi.json.
#pragma once

#include "offstage/stores/sqlite/testing/folder.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/web/deferred.hpp"
#include "offstage/web/jobs_api/description.hpp"
#include "offstage/web/jobs_api/parts.hpp"
#include "offstage/web/request.hpp"
#include "offstage/web/stream.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace offstage::web::jobs_api {

struct Mail {
    static constexpr std::string_view kind = "mail";
    static jobs::InsertOptions defaults() { return {.queue = "post", .max_attempts = 3}; }
    std::string to;
    int copies = 1;
};
BOOST_DESCRIBE_STRUCT(Mail, (), (to, copies))

struct Secret {
    static constexpr std::string_view kind = "secret";
};

struct Record {
    static constexpr std::string_view kind = "record";
    static jobs::InsertOptions defaults() { return {.queue = "ledger"}; }
};

/// An answer with its body as JSON, null where it has none.
struct Told {
    int status = 0;
    Headers headers;
    boost::json::value json;
    std::string body;
    std::shared_ptr<BodyStream> stream;             // of events
    std::shared_ptr<Deferred> later;                // of an answer that is still to come
    const boost::json::object* operation = nullptr; // that was asked

    std::int64_t id() const { return json.at("id").to_number<std::int64_t>(); }
    std::string code() const { return std::string(json.at("code").as_string()); }
};

class JobsApi : public testing::Test {
protected:
    using HeaderList = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    JobsApi();

    Told get(std::string_view target) { return ask(Method::get, target, {}); }
    Told post(std::string_view target, std::string body = {}, HeaderList headers = {}) {
        return ask(Method::post, target, std::move(body), headers);
    }
    /// The answer to what waited, which has come by a tick.
    Told come(const Told& waited);

    /// A job of kind mail, put in by the API.
    std::int64_t enqueue(std::string_view more = {});
    /// Claims the jobs of a queue as a worker of the program does.
    std::vector<stores::ClaimedJob> claim(std::string queue = "post", int max = 1);
    void acknowledge(stores::Outcome outcome);
    std::string state(std::int64_t id);

    void advance(std::chrono::microseconds by);
    /// Cranks the parts, the steady clock so much later than now.
    void tick(std::chrono::milliseconds later = {}) { parts->tick(sys::steady_now() + later); }
    /// Waits until the store has told what it was asked before. The first may be told before others of its
    /// group, the second is of a later one.
    void settle_all() {
        store->withdraw({});
        store->withdraw({});
    }

    stores::testing::Folder folder;
    stores::testing::ManualClock clock;
    std::unique_ptr<stores::Store> store;
    jobs::Registry registry;
    std::optional<Description> description;
    std::vector<std::exception_ptr> errors;
    std::shared_ptr<Parts> parts;
    Router router;

private:
    Told ask(Method method, std::string_view target, std::string body, HeaderList headers = {});
    void take_apart(Told& told, const Response& response);
};

} // namespace offstage::web::jobs_api

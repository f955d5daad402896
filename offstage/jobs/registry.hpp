// The registry: which handler runs which kind, and how a kind is retried, timed and kept.
//
//   kinds.add<SendMail>([](const SendMail& mail, jobs::Context& ctx) { … });              // void: done when
//   it returns kinds.add<ImportBooks>(import_books, {.timeout = 30min, .backoff = jobs::exponential(1s,
//   10min)});
//
// A handler is called as `T handler(const Args&, Context&)` on a worker's thread and ends in one of a closed
// set: it returns (done; T is the result, kept as JSON), throws (retried by the kind's backoff until
// max_attempts, then failed), or returns a Result<T> that is jobs::snooze(for), jobs::cancel(why) or
// jobs::discard(why) (failed at once, never retried).
//
// Filled before the worker starts, then only read: a const Registry is thread-safe and outlives its workers.
#pragma once

#include "offstage/jobs/backoff.hpp"
#include "offstage/jobs/context.hpp"
#include "offstage/jobs/job.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace offstage::jobs {

struct Snooze {
    std::chrono::microseconds delay;
};
struct Cancel {
    std::string why;
};
struct Discard {
    std::string why;
};
inline Snooze snooze(std::chrono::microseconds delay) {
    return {delay};
}
inline Cancel cancel(std::string why) {
    return {std::move(why)};
}
inline Discard discard(std::string why) {
    return {std::move(why)};
}

/// What a handler returns that may end in more ways than done and thrown.
template <class T = std::monostate>
using Result = std::variant<T, Snooze, Cancel, Discard>;

/// How a handler ended, its result as JSON (empty: none).
using Ending = Result<std::string>;

struct KindOptions {
    /// After so long the handler is asked to stop and the run counts as an error; zero: no limit. A handler
    /// that does not heed it is left behind, and its job runs elsewhere: what the late one still writes under
    /// its lease is refused.
    std::chrono::microseconds timeout = std::chrono::minutes(30);
    Backoff backoff = exponential(std::chrono::seconds(1), std::chrono::hours(1));
    std::optional<std::chrono::microseconds> keep_done = std::chrono::days(7); ///< in history; none: for ever
    std::optional<std::chrono::microseconds> keep_failed =
        std::chrono::days(30); ///< failed and cancelled ones
};

struct Kind {
    std::string name;
    KindOptions options;
    std::function<Ending(std::string_view args, Context&)> run;
};

class Registry {
public:
    /// Throws Error(invalid_argument) on a name that is taken or no name, or options out of range.
    template <Arguments T, class Handler>
    void add(Handler handler, KindOptions options = {}) {
        add_kind({std::string(T::kind), std::move(options),
                  [handler = std::move(handler)](std::string_view args, Context& context) mutable -> Ending {
                      return run<T>(handler, from_json<T>(args), context);
                  }});
    }

    /// Null where no such kind was added.
    const Kind* find(std::string_view name) const noexcept;

private:
    void add_kind(Kind kind);

    template <class>
    struct IsResult : std::false_type {};
    template <class T>
    struct IsResult<Result<T>> : std::true_type {};

    template <class T, class Handler>
    static Ending run(Handler& handler, const T& args, Context& context) {
        using Returned = std::invoke_result_t<Handler&, const T&, Context&>;
        if constexpr (std::is_void_v<Returned>) {
            handler(args, context);
            return std::string();
        } else if constexpr (IsResult<Returned>::value) {
            return std::visit(
                [](auto&& end) -> Ending {
                    using End = std::remove_cvref_t<decltype(end)>;
                    if constexpr (std::is_same_v<End, std::monostate>)
                        return std::string();
                    else if constexpr (std::is_same_v<End, Snooze> || std::is_same_v<End, Cancel> ||
                                       std::is_same_v<End, Discard>)
                        return std::forward<decltype(end)>(end);
                    else
                        return to_json(end);
                },
                handler(args, context));
        } else {
            return to_json(handler(args, context));
        }
    }

    std::map<std::string, Kind, std::less<>> kinds_;
};

} // namespace offstage::jobs

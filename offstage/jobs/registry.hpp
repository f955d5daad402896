// The registry: which handler runs which kind, and how a kind is retried, timed and kept.
//
//   kinds.add<SendMail>([](const SendMail& mail, jobs::Context& ctx) { … }); // void: done when it returns
//   kinds.add<ImportBooks>(import_books, {.timeout = 30min, .backoff = jobs::exponential(1s, 10min)});
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
#include <vector>

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
    /// After so long the handler is asked to stop; zero: no limit. When it then throws, the run counts as an
    /// error; when it returns, that counts as always. A handler that does neither is left behind, and its job
    /// is tried again: what the late one still writes under its lease is refused.
    std::chrono::microseconds timeout = std::chrono::minutes(30);
    Backoff backoff = exponential(std::chrono::seconds(1), std::chrono::hours(1));
    std::optional<std::chrono::microseconds> keep_done = std::chrono::days(7); ///< in history; none: for ever
    std::optional<std::chrono::microseconds> keep_failed =
        std::chrono::days(30); ///< failed and cancelled ones
    bool over_http = false; ///< whoever may use the jobs API may enqueue it; its arguments are then anybody's
};

struct Kind {
    std::string name;
    KindOptions options;
    InsertOptions defaults; ///< what the struct of arguments says
    /// What does not fit in these arguments, or nothing. Thread-safe.
    std::function<std::optional<std::string>(std::string_view args)> misfit;
    std::function<Ending(std::string_view args, Context&)> run;
    bool is_external = false; ///< no handler here; see Registry::add_external

    /// Where its jobs go unless told otherwise.
    std::string_view queue() const noexcept {
        return defaults.queue.empty() ? std::string_view("default") : std::string_view(defaults.queue);
    }
    /// Its jobs stay in history for ever, however some of them end: the program looks them up by their ids,
    /// so nobody else may delete them.
    bool is_kept() const noexcept { return !options.keep_done || !options.keep_failed; }
};

class Registry {
public:
    /// The handler is called by several threads at once and kept by value. A job whose JSON does not fit T is
    /// failed at once, with the JSON path. Throws Error(invalid_argument) on a name that is taken or no name,
    /// or options out of range.
    template <Arguments T, class Handler>
    void add(Handler handler, KindOptions options = {}) {
        InsertOptions defaults;
        if constexpr (requires { T::defaults(); }) defaults = T::defaults();
        add_kind({std::string(T::kind), std::move(options), std::move(defaults),
                  [](std::string_view args) {
                      T given{};
                      return read_arguments(args, given);
                  },
                  [handler = std::move(handler)](std::string_view args, Context& context) mutable -> Ending {
                      T given{};
                      if (auto misfit = read_arguments(args, given)) return discard(*std::move(misfit));
                      return run(handler, std::as_const(given), context);
                  }});
    }

    /// A kind that no handler here runs, but workers of other programs, in whatever language, over the jobs
    /// API: give it a queue of its own that no Worker serves (its attempt would be an error) and no kind with
    /// a handler here has (nobody could lease it). Its arguments are any JSON. Throws as add().
    void add_external(std::string name, KindOptions options = {}, InsertOptions defaults = {});

    /// Null where no such kind was added.
    const Kind* find(std::string_view name) const noexcept;
    /// A kind with a handler here whose own queue this is: its jobs are for this program's workers, not for
    /// those of others. Null where there is none.
    const Kind* handled_in(std::string_view queue) const noexcept;
    /// In the order of their names.
    std::vector<const Kind*> kinds() const;
    /// The longest keep_failed of all kinds; none: for ever. For who ends jobs without knowing their kinds.
    std::optional<std::chrono::microseconds> longest_keep_failed() const;

private:
    void add_kind(Kind kind);

    /// What does not fit, if something does not.
    template <class T>
    static std::optional<std::string> read_arguments(std::string_view json, T& to) {
        if constexpr (!std::is_empty_v<T>) {
            try {
                to = from_json<T>(json);
            } catch (const Error& error) {
                return std::string("the arguments do not fit: ") + error.what();
            }
        }
        return std::nullopt;
    }

    template <class>
    struct IsResult : std::false_type {};
    template <class T>
    struct IsResult<Result<T>> : std::true_type {};

    template <class T>
    static Ending to_ending(T&& returned) {
        using Returned = std::remove_cvref_t<T>;
        if constexpr (IsResult<Returned>::value)
            return std::visit([](auto&& end) { return to_ending(std::forward<decltype(end)>(end)); },
                              std::forward<T>(returned));
        else if constexpr (std::is_same_v<Returned, std::monostate>)
            return std::string();
        else if constexpr (std::is_same_v<Returned, Snooze> || std::is_same_v<Returned, Cancel> ||
                           std::is_same_v<Returned, Discard>)
            return std::forward<T>(returned);
        else
            return to_json(returned);
    }

    template <class T, class Handler>
    static Ending run(Handler& handler, const T& args, Context& context) {
        if constexpr (std::is_void_v<std::invoke_result_t<Handler&, const T&, Context&>>) {
            std::invoke(handler, args, context);
            return std::string();
        } else {
            return to_ending(std::invoke(handler, args, context));
        }
    }

    std::map<std::string, Kind, std::less<>> kinds_;
};

} // namespace offstage::jobs

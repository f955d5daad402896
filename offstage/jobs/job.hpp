// What an application says of its jobs: the struct of arguments that names the kind, and the options of one
// enqueue.
//
//   struct SendMail {
//       static constexpr std::string_view kind = "send_mail";
//       static jobs::InsertOptions defaults() { return {.queue = "mail", .max_attempts = 5}; }   // optional
//       std::string to, subject;
//   };
//   BOOST_DESCRIBE_STRUCT(SendMail, (), (to, subject))
//
// Arguments are kept as JSON and outlive the struct: see base/json.hpp for what may change. Values,
// thread-safe.
#pragma once

#include "offstage/base/json.hpp"
#include "offstage/stores/types.hpp"

#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace offstage::jobs {

using stores::CancelResult;
using stores::Enqueued;
using stores::JobId;
using stores::JobNote;
using stores::JobRecord;
using stores::JobState;
using stores::Lease;
using stores::NewJob;
using stores::Unique;

/// How one job is put in. What is not given comes from the kind's defaults(), then from the values named
/// here. A delay or run_at that is given stands for both of the kind's.
struct InsertOptions {
    std::string queue = {};                              ///< "default"
    std::optional<int> priority = {};                    ///< 0; a smaller number runs first
    std::optional<int> max_attempts = {};                ///< 20 errors, then it fails
    std::optional<std::chrono::microseconds> delay = {}; ///< none; counted by the store's clock
    std::optional<WallTime> run_at = {};                 ///< instead of a delay
    Unique unique = {};                                  ///< an empty key: not unique. See stores::Unique
    std::vector<std::string> tags = {};                  ///< added to those of the kind
};

/// A struct of arguments: described (or empty), with the name of its kind.
template <class T>
concept Arguments = std::default_initializable<T> && requires {
    { T::kind } -> std::convertible_to<std::string_view>;
};

/// The job that an enqueue of `args` with `options` puts in.
NewJob make_job(std::string_view kind, std::string args, InsertOptions defaults, InsertOptions options);

template <Arguments T>
std::string arguments_to_json(const T& args) {
    if constexpr (std::is_empty_v<T>)
        return "{}";
    else
        return to_json(args);
}

template <Arguments T>
NewJob make_job(const T& args, InsertOptions options = {}) {
    InsertOptions defaults;
    if constexpr (requires { T::defaults(); }) defaults = T::defaults();
    return make_job(T::kind, arguments_to_json(args), std::move(defaults), std::move(options));
}

} // namespace offstage::jobs

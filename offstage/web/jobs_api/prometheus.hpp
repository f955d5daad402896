// Writes metrics in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/).
//
//   Prometheus text;
//   text.family("offstage_jobs", "gauge", "Jobs by queue and state.");
//   text.sample({{"queue", "mail"}, {"state", "ready"}}, 3);
//
// A value; not thread-safe.
#pragma once

#include "offstage/stores/durations.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace offstage::web::jobs_api {

class Prometheus {
public:
    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    /// What the samples that follow belong to.
    void family(std::string_view name, std::string_view type, std::string_view help);
    void sample(Labels labels, std::int64_t value);
    /// A histogram in seconds, with a bound every two octaves.
    void durations(Labels labels, const stores::Durations& durations);

    const std::string& text() const noexcept { return text_; }

private:
    void line(std::string_view suffix, Labels labels, std::string_view bound, std::string_view value);

    std::string text_;
    std::string name_;
};

} // namespace offstage::web::jobs_api

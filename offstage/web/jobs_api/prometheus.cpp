#include "offstage/web/jobs_api/prometheus.hpp"

#include <charconv>
#include <chrono>

namespace offstage::web::jobs_api {
namespace {

std::string seconds(std::chrono::microseconds duration) {
    char buffer[32];
    const auto end =
        std::to_chars(buffer, buffer + sizeof buffer, std::chrono::duration<double>(duration).count());
    return {buffer, end.ptr};
}

std::string escaped(std::string_view value) {
    std::string text;
    for (const char c : value) {
        if (c == '\\' || c == '"') text += '\\';
        if (c == '\n')
            text += "\\n";
        else
            text += c;
    }
    return text;
}

} // namespace

void Prometheus::family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void Prometheus::sample(Labels labels, std::int64_t value) {
    line("", labels, "", std::to_string(value));
}

void Prometheus::durations(Labels labels, const stores::Durations& durations) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < stores::Durations::buckets; ++i) {
        sum += durations.counts[i];
        if (i % 4 == 0 && i + 1 < stores::Durations::buckets)
            line("_bucket", labels, seconds(stores::Durations::bound(i)), std::to_string(sum));
    }
    line("_bucket", labels, "+Inf", std::to_string(durations.count));
    line("_sum", labels, "", seconds(durations.sum));
    line("_count", labels, "", std::to_string(durations.count));
}

void Prometheus::line(std::string_view suffix, Labels labels, std::string_view bound,
                      std::string_view value) {
    text_.append(name_).append(suffix);
    char before = '{';
    const auto label = [&](std::string_view key, std::string_view text) {
        text_ += before;
        text_.append(key).append("=\"").append(escaped(text)).append("\"");
        before = ',';
    };
    for (const auto& [key, text] : labels) label(key, text);
    if (!bound.empty()) label("le", bound);
    if (before == ',') text_ += '}';
    text_.append(" ").append(value).append("\n");
}

} // namespace offstage::web::jobs_api

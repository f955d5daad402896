#include "apps/bookshop/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <variant>

namespace bookshop {

namespace jobs = offstage::jobs;

namespace {

spdlog::level::level_enum level_of(const jobs::Event& event) {
    if (const auto* ended = std::get_if<jobs::JobEnded>(&event)) {
        switch (ended->what) {
        case offstage::stores::Outcome::What::failed:
            return spdlog::level::err;
        case offstage::stores::Outcome::What::retry:
            return spdlog::level::warn;
        default:
            return spdlog::level::info;
        }
    }
    if (std::holds_alternative<jobs::StoreFailed>(event)) return spdlog::level::err;
    if (std::holds_alternative<jobs::JobStarted>(event) || std::holds_alternative<jobs::JobsRescued>(event))
        return spdlog::level::info;
    return spdlog::level::warn; // timed out, left behind, refused
}

} // namespace

void open_log() {
    auto logger = spdlog::stderr_color_mt("bookshop");
    logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
}

void log_event(const jobs::Event& event) {
    spdlog::log(level_of(event), "{}", jobs::to_line(event));
}

void log_task_error(const offstage::TaskError& error) {
    spdlog::error("{}", offstage::describe(error));
}

void log_web_error(std::string_view where, const std::exception_ptr& error) {
    spdlog::error("{}: {}", where, offstage::describe(error));
}

void log_line(std::string_view line) {
    spdlog::info("{}", line);
}

} // namespace bookshop

#include "offstage/web/handler_threads.hpp"

#include "offstage/base/check.hpp"

#include <string>
#include <utility>

namespace offstage::web {

void HandlerThreads::start(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        threads_.emplace_back("web-" + std::to_string(i + 1), [this](const std::stop_token&) {
            while (auto job = jobs_.pop()) (*job)();
        });
}

void HandlerThreads::run(std::function<void()> job) {
    const bool room = jobs_.try_push(std::move(job));
    OFFSTAGE_CHECK(room, "more work for handler threads than there are connections");
}

void HandlerThreads::finish() {
    jobs_.close();
    threads_.clear();
}

} // namespace offstage::web

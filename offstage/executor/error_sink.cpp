#include "offstage/executor/error_sink.hpp"

#include "offstage/base/error.hpp"

#include <cstdio>
#include <string_view>
#include <utility>

namespace offstage {

std::string describe_task(const std::string& name, const std::source_location& where) {
    std::string_view file = where.file_name();
    file.remove_prefix(file.find_last_of('/') + 1);
    std::string text = name.empty() ? "task" : name;
    text.append(" (").append(file).append(":").append(std::to_string(where.line())).append(")");
    return text;
}

std::string describe(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& caught) {
        const char* const what = caught.what();
        return what != nullptr ? what : "an exception that says nothing";
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

bool is_stop(const std::exception_ptr& error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (const Error& caught) {
        return caught.code() == Errc::stopped || caught.code() == Errc::cancelled;
    } catch (...) {
        return false;
    }
}

std::string describe(const TaskError& error) {
    return describe_task(error.task, error.where) + ": " + describe(error.error);
}

void log_errors(TaskError error) {
    const std::string line = "offstage: " + describe(error) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr); // one call, so that lines do not mix
}

ErrorSink::ErrorSink(ErrorHandler handler) : handler_(handler ? std::move(handler) : log_errors) {}

void ErrorSink::report(TaskError error) noexcept {
    reported_.fetch_add(1, std::memory_order_relaxed);
    std::string text;
    try {
        text = describe(error);
    } catch (...) {
        // No memory to say it in: the handler is called all the same.
    }
    try {
        handler_(std::move(error));
    } catch (...) {
        std::fprintf(stderr, "offstage: %s (and the error handler threw: %s)\n", text.c_str(),
                     describe(std::current_exception()).c_str());
    }
}

} // namespace offstage

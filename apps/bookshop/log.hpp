// The program's log: lines on stderr, made from the events of jobs and from errors that nobody else hears.
// Thread-safe.
#pragma once

#include "offstage/executor/error_sink.hpp"
#include "offstage/jobs/events.hpp"

#include <exception>
#include <string_view>

namespace bookshop {

/// To be called once, before anything is logged.
void open_log();

void log_event(const offstage::jobs::Event& event);
void log_task_error(const offstage::TaskError& error);
/// An error of the web server; `where` is the request.
void log_web_error(std::string_view where, const std::exception_ptr& error);
void log_line(std::string_view line);

} // namespace bookshop

// The one place where exceptions go that nobody took.
//
//   TaskError      the exception, the task's name, where it was submitted
//   ErrorHandler   what a program does with one; log_errors is the default
//   ErrorSink      hands them to the handler, whatever happens
//
// Here ends what a posted task throws, a background thread, a timer, and what a future held that nobody read.
// So does what a pool has to say to people: that all its threads wait, or for whom a shutdown waits.
//
// What always holds: report() never throws and never loses an error: where the handler itself throws, both
// are written to stderr. Threads: all; the handler may be called by several at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <source_location>
#include <string>

namespace offstage {

/// An exception that left a task.
struct TaskError {
    std::exception_ptr error;
    std::string task = {}; ///< the task's name; empty where it was given none
    std::source_location where = std::source_location::current(); ///< where it was submitted
};

/// "mail (shop.cpp:12): connection refused": for people, in one line.
std::string describe(const TaskError& error);

/// "mail (shop.cpp:12)", or "task (shop.cpp:12)" where it has no name.
std::string describe_task(const std::string& name, const std::source_location& where);

/// what() of the exception, or a sentence where it has none.
std::string describe(const std::exception_ptr& error);

/// Whether it is an Error that says that a stop or a cancel was obeyed.
bool is_stop(const std::exception_ptr& error) noexcept;

/// Takes the error over: nothing of the library holds the exception any longer. Called in the thread where it
/// happened, or where a future was given up; should be quick. May be called by several threads at once.
using ErrorHandler = std::function<void(TaskError)>;

/// Writes the error to stderr, as one line. Thread-safe.
void log_errors(TaskError error);

class ErrorSink {
public:
    /// An empty handler stands for log_errors.
    explicit ErrorSink(ErrorHandler handler);
    void report(TaskError error) noexcept;
    /// How many were reported.
    std::uint64_t reported() const noexcept { return reported_.load(std::memory_order_relaxed); }

private:
    const ErrorHandler handler_;
    std::atomic<std::uint64_t> reported_{0}; // a plain count: orders nothing
};

} // namespace offstage

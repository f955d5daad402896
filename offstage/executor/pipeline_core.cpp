#include "offstage/executor/pipeline_core.hpp"

#include "offstage/base/check.hpp"
#include "offstage/base/error.hpp"
#include "offstage/sys/thread.hpp"

#include <string>

namespace offstage::detail {

namespace {
struct RequestStop {
    std::stop_source source;
    void operator()() noexcept { source.request_stop(); }
};

StageOptions checked(StageOptions options, std::size_t number) {
    if (options.name.empty()) options.name = "stage " + std::to_string(number);
    if (options.threads == 0)
        throw Error(Errc::invalid_argument, "pipeline stage " + options.name + " needs at least one thread");
    return options;
}
} // namespace

Stage::Stage(StageOptions its_options, std::size_t number)
    : options(checked(std::move(its_options), number)) {}

bool Stage::wait_turn(std::uint64_t turn, const std::stop_token& abort) {
    if (!in_turns()) return true;
    sys::MutexLock lock(mutex_);
    return turn_ended_.wait(
               lock, [&]() OFFSTAGE_REQUIRES(mutex_) { return turn_ == turn; }, abort) == WaitStatus::ok;
}

void Stage::end_turn() {
    if (!in_turns()) return;
    {
        const sys::MutexLock lock(mutex_);
        ++turn_;
    }
    turn_ended_.notify_all();
}

StageCounters Stage::counters() const {
    const auto read = [](const std::atomic<std::uint64_t>& counter) {
        return counter.load(std::memory_order_relaxed);
    };
    return {.name = options.name,
            .threads = options.threads,
            .taken = read(taken),
            .passed = read(passed),
            .left_out = read(left_out),
            .failed = read(failed),
            .dropped = read(dropped),
            .queued = queued()};
}

PipelineCore::PipelineCore(PipelineOptions options) : sink_(std::move(options.on_error)) {}

Stage& PipelineCore::add_stage(StageOptions options) {
    return *stages_.emplace_back(std::make_unique<Stage>(std::move(options), stages_.size() + 1));
}

void PipelineCore::stage_failed(Stage& stage, std::exception_ptr error) {
    if (abort_.stop_requested() && is_stop(error)) {
        Stage::count(stage.dropped); // it obeyed
        return;
    }
    Stage::count(stage.failed);
    if (stage.options.on_error == OnError::abort)
        fail(std::move(error), stage.options.name, stage.options.where);
    else
        sink_.report({std::move(error), stage.options.name, stage.options.where});
}

void PipelineCore::fail(std::exception_ptr error, const std::string& name,
                        const std::source_location& where) {
    bool first = false;
    {
        const sys::MutexLock lock(mutex_);
        first = first_error_ == nullptr;
        if (first) first_error_ = error;
    }
    if (!first) sink_.report({std::move(error), name, where});
    abort_.request_stop();
}

void PipelineCore::run_thread(Stage& stage) {
    stage.body(stage);
    // Acquire and release: the last one closes the queue after everything that the others put in.
    if (stage.running.fetch_sub(1, std::memory_order_acq_rel) == 1) stage.close_output();
}

WaitStatus PipelineCore::read_source(const std::stop_token& stop, Deadline deadline) {
    std::stop_source intake;
    const std::stop_callback by_stop(stop, RequestStop{intake});
    const std::stop_callback by_abort(abort_.get_token(), RequestStop{intake});
    WaitStatus ended = WaitStatus::closed;
    std::exception_ptr error;
    try {
        ended = pump(intake.get_token(), deadline);
    } catch (...) {
        error = std::current_exception();
    }
    if (error != nullptr) fail(std::move(error), "source", std::source_location::current());
    close_source();
    return ended == WaitStatus::closed ? WaitStatus::ok : ended;
}

PipelineReport PipelineCore::run(const std::stop_token& stop, Deadline deadline) {
    OFFSTAGE_CHECK(!ran_.exchange(true), "a pipeline runs once: its queues are closed after that");
    std::vector<sys::Thread> threads;
    PipelineReport report;
    try {
        for (const auto& stage : stages_) {
            stage->running = stage->options.threads;
            for (unsigned i = 1; i <= stage->options.threads; ++i)
                threads.emplace_back(stage->options.name + "/" + std::to_string(i),
                                     [this, &one = *stage](const std::stop_token&) { run_thread(one); });
        }
        report.ended = read_source(stop, deadline);
    } catch (...) {
        abort_.request_stop(); // and the threads are joined by their destructors
        close_source();
        throw;
    }
    for (sys::Thread& thread : threads) {
        if (report.ended != WaitStatus::timed_out && thread.join({}, deadline) == WaitStatus::ok) continue;
        report.ended = WaitStatus::timed_out;
        abort_.request_stop();
        thread.join();
    }
    for (const auto& stage : stages_) Stage::count(stage->dropped, stage->drop_input());
    report.stages = counters();
    std::exception_ptr error;
    {
        const sys::MutexLock lock(mutex_);
        error = std::exchange(first_error_, nullptr);
    }
    if (error != nullptr) std::rethrow_exception(std::move(error));
    return report;
}

std::vector<StageCounters> PipelineCore::counters() const {
    std::vector<StageCounters> all;
    for (const auto& stage : stages_) all.push_back(stage->counters());
    return all;
}

} // namespace offstage::detail

namespace offstage {

std::string to_string(const std::vector<StageCounters>& counters) {
    std::string text;
    for (const StageCounters& stage : counters) {
        text.append(stage.name).append(": ").append(std::to_string(stage.taken)).append(" taken, ");
        text.append(std::to_string(stage.passed)).append(" passed, ");
        text.append(std::to_string(stage.left_out)).append(" left out, ");
        text.append(std::to_string(stage.failed)).append(" failed, ");
        text.append(std::to_string(stage.dropped)).append(" dropped, ");
        text.append(std::to_string(stage.queued)).append(" queued\n");
    }
    return text;
}

} // namespace offstage

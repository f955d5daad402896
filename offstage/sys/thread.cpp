#include "offstage/sys/thread.hpp"

#include "offstage/base/check.hpp"
#include "offstage/base/error.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/sys/parker.hpp"
#include "offstage/sys/thread_slot.hpp"
#include "offstage/sys/waits.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <sys/prctl.h>
#include <tuple>
#include <utility>
#include <vector>

namespace offstage::sys {

namespace {

struct Uncaught {
    Mutex mutex;
    UncaughtHandler handler OFFSTAGE_GUARDED_BY(mutex);

    static Uncaught& instance() {
        static Uncaught* const uncaught = new Uncaught; // never destroyed: threads may outlive main
        return *uncaught;
    }
};

[[noreturn]] void print_and_abort(std::string_view thread, const std::exception_ptr& error) noexcept {
    const char* what = "an exception of an unknown type";
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        what = e.what();
        std::fprintf(stderr, "offstage: an exception left the thread '%.*s': %s\n",
                     static_cast<int>(thread.size()), thread.data(), what);
    } catch (...) {
        std::fprintf(stderr, "offstage: an exception left the thread '%.*s': %s\n",
                     static_cast<int>(thread.size()), thread.data(), what);
    }
    std::fflush(stderr);
    std::abort();
}

void report_uncaught(std::string_view thread, std::exception_ptr error) noexcept {
    Uncaught& uncaught = Uncaught::instance();
    UncaughtHandler handler;
    {
        const MutexLock lock(uncaught.mutex);
        handler = uncaught.handler;
    }
    if (!handler) print_and_abort(thread, error);
    handler(thread, std::move(error));
}

} // namespace

struct Thread::State {
    State(std::string its_name, std::function<void(std::stop_token)> its_body)
        : name(std::move(its_name)), body(std::move(its_body)) {}

    const std::string name;
    std::function<void(std::stop_token)> body; // the thread's own once it runs
    std::stop_source stop;
    pthread_t handle{};
    std::atomic<ThreadId> id = 0; // once it runs
    Mutex mutex;
    bool ended OFFSTAGE_GUARDED_BY(mutex) = false;
    std::vector<Parker*> joiners OFFSTAGE_GUARDED_BY(mutex);

    /// ok when the function has returned; else stopped or timed_out.
    WaitStatus wait_for_end(const std::stop_token& by, Deadline deadline) OFFSTAGE_EXCLUDES(mutex);
};

Thread::Thread(std::string name, std::function<void(std::stop_token)> body)
    : state_(std::make_shared<State>(std::move(name), std::move(body))) {
    auto for_thread = std::make_unique<std::shared_ptr<State>>(state_);
    const int error = ::pthread_create(&state_->handle, nullptr, &Thread::run, for_thread.get());
    if (error != 0)
        throw Error(Errc::full, "no thread for '" + state_->name + "': " + std::strerror(error) +
                                    ". End other threads, or raise the limit (ulimit -u).");
    std::ignore = for_thread.release(); // run() has it now
}

void* Thread::run(void* argument) noexcept {
    const std::unique_ptr<std::shared_ptr<State>> owned(static_cast<std::shared_ptr<State>*>(argument));
    State& state = **owned;
    detail::set_this_thread_name(state.name);
    state.id.store(this_thread_id(), std::memory_order_relaxed);
    try {
        state.body(state.stop.get_token());
        state.body = nullptr; // what it captured ends in its own thread, before a joiner goes on
    } catch (...) {
        report_uncaught(state.name, std::current_exception());
    }
    const MutexLock lock(state.mutex);
    state.ended = true;
    for (Parker* joiner : state.joiners) joiner->unpark();
    return nullptr;
}

WaitStatus Thread::State::wait_for_end(const std::stop_token& by, Deadline deadline) {
    Parker& parker = Parker::current();
    {
        const MutexLock lock(mutex);
        if (ended) return WaitStatus::ok;
        joiners.push_back(&parker);
    }
    const WaitSubject subject{
        .kind = "Thread", .action = "join", .name = name, .object = this, .owner = [](const void* state) {
            return static_cast<const State*>(state)->id.load(std::memory_order_relaxed);
        }};
    const WaitMark mark(subject);
    // The callback only unparks: it runs in whichever thread requests the stop.
    const std::stop_callback wake(by, [&parker] { parker.unpark(); });
    for (bool in_time = true;;) {
        {
            const MutexLock lock(mutex);
            if (ended || !in_time || by.stop_requested()) {
                std::erase(joiners, &parker);
                if (ended) return WaitStatus::ok;
                return by.stop_requested() ? WaitStatus::stopped : WaitStatus::timed_out;
            }
        }
        in_time = parker.park(deadline);
    }
}

WaitStatus Thread::join(std::stop_token stop, Deadline deadline) {
    OFFSTAGE_CHECK(joinable(), "joined a Thread that holds no thread");
    OFFSTAGE_CHECK(::pthread_equal(state_->handle, ::pthread_self()) == 0, "a thread cannot join itself");
    if (const WaitStatus status = state_->wait_for_end(stop, deadline); status != WaitStatus::ok)
        return status;
    ::pthread_join(state_->handle, nullptr);
    state_.reset();
    return WaitStatus::ok;
}

void Thread::end() noexcept {
    if (!joinable()) return;
    request_stop();
    while (join({}, deadline_after(std::chrono::seconds(10))) != WaitStatus::ok)
        std::fprintf(stderr, "offstage: waiting for the thread '%s' to end\n", state_->name.c_str());
}

Thread::~Thread() {
    end();
}

Thread& Thread::operator=(Thread&& other) noexcept {
    if (this != &other) {
        end();
        state_ = std::move(other.state_);
    }
    return *this;
}

bool Thread::request_stop() noexcept {
    return state_ != nullptr && state_->stop.request_stop();
}

std::stop_token Thread::get_stop_token() const noexcept {
    return state_ != nullptr ? state_->stop.get_token() : std::stop_token{};
}

std::string_view Thread::name() const noexcept {
    return state_ != nullptr ? std::string_view(state_->name) : std::string_view{};
}

UncaughtHandler set_uncaught_handler(UncaughtHandler handler) {
    Uncaught& uncaught = Uncaught::instance();
    const MutexLock lock(uncaught.mutex);
    return std::exchange(uncaught.handler, std::move(handler));
}

std::string_view this_thread_name() noexcept {
    return detail::this_slot().name;
}

void keep_exact_time() noexcept {
    // Nanoseconds; 0 would mean the default. A kernel that refuses leaves them late, and right.
    ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

} // namespace offstage::sys

#include "offstage/executor/scope.hpp"

#include "offstage/base/error.hpp"
#include "offstage/executor/pool_core.hpp"
#include "offstage/sys/clock.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace offstage {

namespace detail {

class ScopeCore::Child final : public Continuation {
public:
    Child(std::shared_ptr<ScopeCore> its_core, Ref<FutureState> its_state)
        : core(std::move(its_core)), state(std::move(its_state)) {}

    const std::shared_ptr<ScopeCore> core;
    Ref<FutureState> state;
    std::size_t place = 0;

private:
    Continuation* ready() noexcept override {
        // Entered before the stop: what its callbacks make the others throw comes after the cause.
        if (state->failed()) {
            core->add_failed(state.copy());
            core->stop.request_stop();
        }
        core->remove(*this);
        delete this;
        return nullptr;
    }
};

void ScopeCore::watch(std::shared_ptr<ScopeCore> core, Ref<FutureState> child) {
    FutureState& state = *child;
    ScopeCore& self = *core;
    auto* const added = new Child(std::move(core), std::move(child));
    {
        const sys::MutexLock lock(self.mutex_);
        added->place = self.children_.size();
        self.children_.push_back(added);
    }
    state.subscribe(*added);
}

void ScopeCore::remove(Child& child) noexcept {
    sys::MutexLock lock(mutex_);
    children_.back()->place = child.place;
    children_[child.place] = children_.back();
    children_.pop_back();
    if (stop.stop_requested()) cut_short_ = true;
    // One that failed is told too: the others are to be cancelled.
    if (children_.empty() || stop.stop_requested()) waiters_.notify_all(lock);
}

void ScopeCore::add_failed(Ref<FutureState> state) noexcept {
    const sys::MutexLock lock(mutex_);
    failed_.push_back(std::move(state));
}

std::vector<Ref<FutureState>> ScopeCore::children() const {
    const sys::MutexLock lock(mutex_);
    std::vector<Ref<FutureState>> all;
    all.reserve(children_.size());
    for (const Child* const child : children_) all.push_back(child->state.copy());
    return all;
}

std::vector<Ref<FutureState>> ScopeCore::take_failed() {
    const sys::MutexLock lock(mutex_);
    return std::exchange(failed_, {});
}

bool ScopeCore::take_cut_short() noexcept {
    const sys::MutexLock lock(mutex_);
    return std::exchange(cut_short_, false);
}

// For listings, which must not wait here: where somebody has the mutex, nobody is told.
sys::ThreadId ScopeCore::first_acting(const void* core) noexcept {
    const auto& self = *static_cast<const ScopeCore*>(core);
    if (!self.mutex_.try_lock()) return 0;
    sys::ThreadId found = 0;
    for (auto child = self.children_.begin(); found == 0 && child != self.children_.end(); ++child)
        found = (*child)->state->acting_thread();
    self.mutex_.unlock();
    return found;
}

WaitStatus ScopeCore::wait(const std::stop_token& ended_by, Deadline deadline) {
    bool cancelled = false;
    sys::MutexLock lock(mutex_);
    Wait wait(lock, waiters_, {.kind = "TaskScope", .action = "join", .object = this, .owner = first_acting},
              ended_by, deadline);
    while (!children_.empty()) {
        if (stop.stop_requested() && !std::exchange(cancelled, true)) {
            lock.unlock();
            for (const auto& child : children()) child->cancel();
            lock.lock();
            continue;
        }
        if (const WaitStatus ended = wait.sleep(); ended != WaitStatus::ok) return ended;
    }
    return WaitStatus::ok;
}

} // namespace detail

TaskScope::TaskScope(Pool& pool, std::stop_token stop, Deadline deadline, std::source_location where)
    : pool_(pool.core()), outer_(std::move(stop)), deadline_(deadline), where_(where),
      on_stop_(outer_, RequestStop{core_->stop}) {}

TaskScope::~TaskScope() {
    request_stop();
    const std::stop_token no_stop;
    while (core_->wait(no_stop, sys::deadline_after(detail::reminder)) != WaitStatus::ok) {
        std::string names;
        for (const auto& child : core_->children())
            names.append(names.empty() ? "" : ", ").append(child->describe());
        pool_->sink().report({std::make_exception_ptr(Error(Errc::timed_out, "still waits for " + names)),
                              "end of a TaskScope", where_});
    }
}

WaitStatus TaskScope::own_end() const noexcept {
    if (outer_.stop_requested()) return WaitStatus::stopped;
    const bool late = !deadline_.is_never() && sys::steady_now() >= deadline_.when();
    return late ? WaitStatus::timed_out : WaitStatus::ok;
}

void TaskScope::join(std::stop_token stop, Deadline deadline) {
    if (deadline_.is_never() && deadline.is_never() && !stop.stop_possible())
        for (const auto& child : core_->children()) child->help();
    WaitStatus ended = WaitStatus::ok;
    {
        const std::stop_source either;
        const std::stop_callback by_scope(outer_, RequestStop{either});
        const std::stop_callback by_caller(stop, RequestStop{either});
        ended = core_->wait(either.get_token(), std::min(deadline_, deadline));
    }
    if (const WaitStatus own = own_end(); ended != WaitStatus::ok && own != WaitStatus::ok) {
        stopped_for_ = own;
        request_stop();
        ended = core_->wait(stop, deadline);
    }
    if (ended != WaitStatus::ok) throw to_error(ended, "join of " + describe_task("scope", where_));
    // Tasks that obey are gone before this thread is awake: nothing is left to wait for, yet it was stopped.
    WaitStatus status = std::exchange(stopped_for_, WaitStatus::ok);
    if (core_->take_cut_short() && status == WaitStatus::ok && outer_.stop_requested())
        status = WaitStatus::stopped;
    std::exception_ptr first;
    for (auto& failed : core_->take_failed()) {
        if (first == nullptr)
            first = failed->take_error();
        else
            others_.push_back(std::move(failed));
    }
    if (first != nullptr) std::rethrow_exception(std::move(first));
    if (status != WaitStatus::ok) throw to_error(status, describe_task("scope", where_));
}

std::vector<std::exception_ptr> TaskScope::other_errors() {
    std::vector<std::exception_ptr> errors;
    for (const auto& failed : std::exchange(others_, {}))
        if (std::exception_ptr error = failed->take_error(); error != nullptr)
            errors.push_back(std::move(error));
    return errors;
}

} // namespace offstage

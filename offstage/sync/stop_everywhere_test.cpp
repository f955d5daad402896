// One thread waits at every kind of wait there is, in turn. It is run again and again, told to stop at its
// first wait, at its second, and so on until it ends before the stop comes. Whatever the point, nothing may
// be lost or left held. Its partner gives it what it waits for only when it is seen to wait: so it waits at
// every point, each time.
#include "offstage/sync/barrier.hpp"
#include "offstage/sync/bounded_queue.hpp"
#include "offstage/sync/condition.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sync/latch.hpp"
#include "offstage/sync/mutex.hpp"
#include "offstage/sync/recursive_mutex.hpp"
#include "offstage/sync/select.hpp"
#include "offstage/sync/semaphore.hpp"
#include "offstage/sync/shared_mutex.hpp"
#include "offstage/sync/wait_test_support.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace offstage {

using namespace testing;

namespace {

/// Requests a stop when its thread begins its `nth` wait, and counts them. With the token's callback it
/// thereby unparks the thread that is about to park: every stop comes exactly in time.
class StopAt final : public detail::WaitObserver {
public:
    StopAt(int nth, std::stop_source source) : nth_(nth), source_(std::move(source)) {
        detail::wait_observer = this;
    }
    ~StopAt() { detail::wait_observer = nullptr; }
    void wait_begins() noexcept override {
        if (++count_ == nth_) source_.request_stop();
    }
    void wait_ends() noexcept override {}
    bool came() const noexcept { return count_ >= nth_; }

private:
    const int nth_;
    int count_ = 0;
    std::stop_source source_;
};

constexpr int turns = 4;

/// What the subject shares with its partner.
struct World {
    BoundedQueue<int> in{1}, out{1};
    BoundedSemaphore semaphore{1};
    Mutex mutex;
    RecursiveMutex recursive;
    SharedMutex shared;
    sys::Mutex state;
    Condition condition;
    int turn = 0; // guarded by state
    Event started;
    Latch latch{2};
    std::atomic<bool> subject_ended = false;
};

/// Takes values from `in` to `out` by way of everything else. What ended it, and the value that it had in
/// hand then.
WaitStatus carry(World& world, const std::stop_token& stop, std::optional<int>& hand) {
    WaitStatus status = world.started.wait(stop);
    if (status != WaitStatus::ok) return status;
    if ((status = world.latch.arrive_and_wait(stop)) != WaitStatus::ok) return status;
    for (int turn = 1;; ++turn) {
        if (turn % 2 == 0) {
            status = select(stop, on_pop(world.in, [&](int value) { hand = value; })).status();
        } else {
            const auto popped = world.in.pop(stop);
            if (popped) hand = *popped;
            status = popped.status();
        }
        if (status != WaitStatus::ok) return status;
        const auto permit = world.semaphore.permit(stop);
        if (!permit) return permit.status();
        if ((status = world.mutex.lock(stop)) != WaitStatus::ok) return status;
        const std::lock_guard own(world.mutex, std::adopt_lock);
        if ((status = world.recursive.lock(stop)) != WaitStatus::ok) return status;
        const std::lock_guard own_recursive(world.recursive, std::adopt_lock);
        status = turn % 2 == 0 ? world.shared.lock(stop) : world.shared.lock_shared(stop);
        if (status != WaitStatus::ok) return status;
        turn % 2 == 0 ? world.shared.unlock() : world.shared.unlock_shared();
        {
            sys::MutexLock lock(world.state);
            status = world.condition.wait(lock, [&] { return world.turn >= turn; }, stop);
            if (status != WaitStatus::ok) return status;
        }
        if ((status = world.out.push(*hand, stop)) != WaitStatus::ok) return status;
        hand.reset();
    }
}

/// Holds everything, and lets go, or gives, what the subject is seen to wait for.
class Partner {
public:
    explicit Partner(World& world) : world_(world) {}

    void run() {
        take_all();
        while (!world_.subject_ended)
            for (const sys::WaitInfo& wait : sys::waits())
                if (wait.thread_name == "subject" && wait.since != std::exchange(served_, wait.since))
                    serve(wait);
        let_go();
    }
    /// What has come out, in its order; the fillers not counted.
    std::vector<int> arrived;
    int pushed = 0;

private:
    static constexpr int filler = -1;

    void take_all() {
        EXPECT_TRUE(world_.semaphore.try_acquire());
        world_.mutex.lock();
        world_.recursive.lock();
        world_.shared.lock();
        while (auto value = world_.out.try_pop())
            if (*value != filler) arrived.push_back(*value);
        world_.out.push(filler);
        holding_.insert({&world_.semaphore, &world_.mutex, &world_.recursive, &world_.shared});
    }

    void serve(const sys::WaitInfo& wait) {
        const void* const object = wait.object;
        if (object == &world_.started) world_.started.set();
        if (object == &world_.latch && world_.latch.count() > 0) world_.latch.count_down();
        if ((object == &world_.in || wait.kind == "select") && world_.in.size() == 0) next_turn();
        if (object == &world_.out) (void)world_.out.try_pop();
        if (object == &world_.condition) {
            const sys::MutexLock lock(world_.state);
            world_.turn = pushed;
            world_.condition.notify_all();
        }
        if (holding_.contains(object)) release(object);
    }

    void next_turn() {
        if (pushed == turns) return world_.in.close();
        if (pushed > 0) take_all(); // the subject is between turns and holds nothing
        ++pushed;
        world_.in.push(pushed);
    }

    void release(const void* object) {
        holding_.erase(object);
        if (object == &world_.semaphore) world_.semaphore.release();
        if (object == &world_.mutex) world_.mutex.unlock();
        if (object == &world_.recursive) world_.recursive.unlock();
        if (object == &world_.shared) world_.shared.unlock();
    }

    void let_go() {
        while (!holding_.empty()) release(*holding_.begin());
    }

    World& world_;
    SteadyTime served_; // a wait is served once: when it is seen again, it may be over already
    std::set<const void*> holding_;
};

/// False when the subject ended before its nth wait.
bool run_with_stop_at(int nth) {
    World world;
    Partner partner(world);
    std::optional<int> hand;
    WaitStatus status = WaitStatus::ok;
    bool came = false;
    {
        const sys::Thread subject("subject", [&](std::stop_token) {
            std::stop_source source;
            StopAt stop_at(nth, source);
            status = carry(world, source.get_token(), hand);
            came = stop_at.came();
            world.subject_ended = true;
        });
        partner.run();
    }
    // What was waited for may come together with the stop, and wins; the end (closed) too.
    EXPECT_TRUE(status == WaitStatus::closed || (came && status == WaitStatus::stopped))
        << "stop at wait " << nth;
    // Each value is in exactly one place: it came out, was in hand, or is still in a queue.
    while (auto value = world.out.try_pop())
        if (*value > 0) partner.arrived.push_back(*value);
    if (hand) partner.arrived.push_back(*hand);
    while (auto value = world.in.try_pop()) partner.arrived.push_back(*value);
    EXPECT_EQ(static_cast<int>(partner.arrived.size()), partner.pushed) << "stop at wait " << nth;
    for (std::size_t i = 0; i < partner.arrived.size(); ++i)
        EXPECT_EQ(partner.arrived[i], static_cast<int>(i + 1));
    // Nothing is left held, and nobody is left listed (each object checks the latter when it goes).
    EXPECT_EQ(world.semaphore.available(), 1U);
    EXPECT_EQ(world.mutex.owner(), 0U);
    EXPECT_EQ(world.recursive.owner(), 0U);
    EXPECT_TRUE(world.shared.try_lock());
    world.shared.unlock();
    return came;
}

} // namespace

TEST(StopEverywhere, LosesNothingAndLeavesNothingHeldWhicheverWaitItComesAt) {
    int nth = 1;
    while (run_with_stop_at(nth) && !HasFailure()) ++nth;
    // Two waits at the start; seven a turn; one that hears that the queue is closed.
    EXPECT_GT(nth, 2 + 7 * turns) << "the subject did not wait everywhere";
}

TEST(StopEverywhere, StoppingABarrierAtItsWaitBreaksItForAllAndForgetsNobody) {
    for (int breaker = 0; breaker < 3; ++breaker) {
        Barrier barrier(4); // one never comes
        std::stop_source source;
        std::vector<WaitStatus> ended(3);
        {
            std::vector<sys::Thread> threads;
            for (int i = 0; i < 3; ++i)
                threads.emplace_back("party", [&, i](std::stop_token) {
                    StopAt stop_at(i == breaker ? 1 : 1000, source);
                    ended[static_cast<std::size_t>(i)] =
                        barrier.arrive_and_wait(i == breaker ? source.get_token() : std::stop_token{})
                            .status();
                });
            for (auto& thread : threads) thread.join();
        }
        for (int i = 0; i < 3; ++i)
            EXPECT_EQ(ended[static_cast<std::size_t>(i)],
                      i == breaker ? WaitStatus::stopped : WaitStatus::closed);
        EXPECT_EQ(barrier.waiting(), 0U);
    }
}

} // namespace offstage

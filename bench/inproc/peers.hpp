// One shape for every pool in the comparison: two workers, tasks posted from outside and from inside, a wait
// for all of them, and a task whose answer is waited for.
#pragma once

#include "bench/inproc/table.hpp"
#include "offstage/executor/pool.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace bench {

inline constexpr int workers = 2;

struct Ours {
    static constexpr const char* name = "offstage::Pool";
    static constexpr Who who = Who::ours;
    offstage::Pool pool{{.workers = workers, .queue_limit = 4'000'000}};

    template <class Produce>
    void produce(Produce produce_all) {
        produce_all();
    }
    template <class F>
    void post(F f) {
        pool.post(std::move(f));
    }
    void wait_all() { pool.drain(); }
    template <class F>
    int round_trip(F f) {
        return pool.submit(std::move(f)).get();
    }
};

struct Asio {
    static constexpr const char* name = "boost::asio::thread_pool";
    static constexpr Who who = Who::peer;
    boost::asio::thread_pool pool{workers};

    template <class Produce>
    void produce(Produce produce_all) {
        produce_all();
    }
    template <class F>
    void post(F f) {
        boost::asio::post(pool, std::move(f));
    }
    void wait_all() { pool.join(); } // which also ends it: a pool serves one run
    template <class F>
    int round_trip(F f) {
        return boost::asio::post(pool, boost::asio::use_future(std::move(f))).get();
    }
};

/// Fire and forget: both workers are real threads, the producers stand outside.
struct TbbEnqueue {
    static constexpr const char* name = "tbb arena.enqueue";
    static constexpr Who who = Who::peer;
    tbb::global_control allowed{tbb::global_control::max_allowed_parallelism, workers + 1};
    tbb::task_arena arena{workers, 0};
    tbb::task_group group;

    template <class Produce>
    void produce(Produce produce_all) {
        produce_all();
    }
    template <class F>
    void post(F f) {
        arena.enqueue(group.defer(std::move(f)));
    }
    void wait_all() { group.wait(); }
    template <class F>
    int round_trip(F f) {
        std::promise<int> promise;
        auto answer = promise.get_future();
        arena.enqueue([&] { promise.set_value(f()); });
        return answer.get();
    }
};

/// As TBB likes to be used: the caller is one of the two and helps when it waits. A round trip runs in the
/// caller.
struct TbbGroup {
    static constexpr const char* name = "tbb::task_group (caller helps)";
    static constexpr Who who = Who::other;
    tbb::global_control allowed{tbb::global_control::max_allowed_parallelism, workers};
    tbb::task_arena arena{workers, 1};
    tbb::task_group group;

    template <class Produce>
    void produce(Produce produce_all) {
        arena.execute(produce_all);
    }
    template <class F>
    void post(F f) {
        group.run(std::move(f));
    }
    void wait_all() {
        arena.execute([&] { group.wait(); });
    }
    template <class F>
    int round_trip(F f) {
        int answer = 0;
        arena.execute([&] {
            group.run([&] { answer = f(); });
            group.wait();
        });
        return answer;
    }
};

/// What one writes by hand: std::function in a deque, one mutex, one condition variable.
class Plain {
public:
    static constexpr const char* name = "mutex + condvar";
    static constexpr Who who = Who::peer;

    Plain() {
        for (int i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
    }
    ~Plain() {
        {
            const std::lock_guard lock(mutex_);
            ended_ = true;
        }
        changed_.notify_all();
        for (auto& thread : threads_) thread.join();
    }
    template <class Produce>
    void produce(Produce produce_all) {
        produce_all();
    }
    template <class F>
    void post(F f) {
        {
            const std::lock_guard lock(mutex_);
            tasks_.emplace_back(std::move(f));
            ++unfinished_;
        }
        changed_.notify_one();
    }
    void wait_all() {
        std::unique_lock lock(mutex_);
        all_done_.wait(lock, [&] { return unfinished_ == 0; });
    }
    template <class F>
    int round_trip(F f) {
        auto task = std::make_shared<std::packaged_task<int()>>(std::move(f));
        auto answer = task->get_future();
        post([task] { (*task)(); });
        return answer.get();
    }

private:
    void work() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [&] { return ended_ || !tasks_.empty(); });
            if (tasks_.empty()) return;
            {
                const auto task = std::move(tasks_.front());
                tasks_.pop_front();
                lock.unlock();
                task();
            }
            lock.lock();
            if (--unfinished_ == 0) all_done_.notify_all();
        }
    }
    std::mutex mutex_;
    std::condition_variable changed_, all_done_;
    std::deque<std::function<void()>> tasks_;
    long unfinished_ = 0;
    bool ended_ = false;
    std::vector<std::thread> threads_;
};

} // namespace bench

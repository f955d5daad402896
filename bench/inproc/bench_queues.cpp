// A bounded queue of 1,024, from threads to threads, beside the queues that people would take instead.
// usage: bench_queues [ROUNDS]
#include "bench/inproc/table.hpp"
#include "offstage/sync/bounded_queue.hpp"

#include <algorithm>
#include <atomic>
#include <concurrentqueue/blockingconcurrentqueue.h>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <tbb/concurrent_queue.h>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t capacity = 1024;
using Item = std::uint64_t;

// Each queue gives its threads a Pusher and a Popper, where it may keep what belongs to one thread.

struct Ours {
    offstage::BoundedQueue<Item> queue{capacity};
    struct Pusher {
        explicit Pusher(Ours& q) : queue(q.queue) {}
        void push(Item item) { queue.push(std::move(item)); }
        offstage::BoundedQueue<Item>& queue;
    };
    struct Popper {
        explicit Popper(Ours& q) : queue(q.queue) {}
        Item pop() { return *queue.pop(); }
        offstage::BoundedQueue<Item>& queue;
    };
};

struct OursInBatches : Ours {
    static constexpr std::size_t batch = 64;
    struct Pusher {
        explicit Pusher(Ours& q) : queue(q.queue) {}
        ~Pusher() { queue.push_all(items); }
        void push(Item item) {
            items.push_back(item);
            if (items.size() == batch) queue.push_all(items);
        }
        offstage::BoundedQueue<Item>& queue;
        std::vector<Item> items;
    };
    struct Popper {
        explicit Popper(Ours& q) : queue(q.queue) {}
        Item pop() {
            if (next == items.size()) {
                items.clear();
                next = 0;
                queue.pop_all(items, batch);
            }
            return items[next++];
        }
        offstage::BoundedQueue<Item>& queue;
        std::vector<Item> items;
        std::size_t next = 0;
    };
};

struct Tbb {
    tbb::concurrent_bounded_queue<Item> queue;
    Tbb() { queue.set_capacity(capacity); }
    struct Pusher {
        explicit Pusher(Tbb& q) : queue(q.queue) {}
        void push(Item item) { queue.push(item); }
        tbb::concurrent_bounded_queue<Item>& queue;
    };
    struct Popper {
        explicit Popper(Tbb& q) : queue(q.queue) {}
        Item pop() {
            Item item = 0;
            queue.pop(item);
            return item;
        }
        tbb::concurrent_bounded_queue<Item>& queue;
    };
};

struct Moodycamel {
    moodycamel::BlockingConcurrentQueue<Item> queue{capacity};
    struct Pusher {
        explicit Pusher(Moodycamel& q) : queue(q.queue), token(q.queue) {}
        void push(Item item) { queue.enqueue(token, item); }
        moodycamel::BlockingConcurrentQueue<Item>& queue;
        moodycamel::ProducerToken token;
    };
    struct Popper {
        explicit Popper(Moodycamel& q) : queue(q.queue), token(q.queue) {}
        Item pop() {
            Item item = 0;
            queue.wait_dequeue(token, item);
            return item;
        }
        moodycamel::BlockingConcurrentQueue<Item>& queue;
        moodycamel::ConsumerToken token;
    };
};

/// Made bounded by a second semaphore, as its users do.
struct MoodycamelBounded : Moodycamel {
    moodycamel::LightweightSemaphore room{capacity};
    struct Pusher : Moodycamel::Pusher {
        explicit Pusher(MoodycamelBounded& q) : Moodycamel::Pusher(q), semaphore(q.room) {}
        void push(Item item) {
            semaphore.wait();
            Moodycamel::Pusher::push(item);
        }
        moodycamel::LightweightSemaphore& semaphore;
    };
    struct Popper : Moodycamel::Popper {
        explicit Popper(MoodycamelBounded& q) : Moodycamel::Popper(q), semaphore(q.room) {}
        Item pop() {
            const Item item = Moodycamel::Popper::pop();
            semaphore.signal();
            return item;
        }
        moodycamel::LightweightSemaphore& semaphore;
    };
};

/// What everybody writes first.
struct Plain {
    std::mutex mutex;
    std::condition_variable not_empty, not_full;
    std::deque<Item> items;
    struct Pusher {
        explicit Pusher(Plain& q) : plain(q) {}
        void push(Item item) {
            {
                std::unique_lock lock(plain.mutex);
                plain.not_full.wait(lock, [&] { return plain.items.size() < capacity; });
                plain.items.push_back(item);
            }
            plain.not_empty.notify_one();
        }
        Plain& plain;
    };
    struct Popper {
        explicit Popper(Plain& q) : plain(q) {}
        Item pop() {
            Item item = 0;
            {
                std::unique_lock lock(plain.mutex);
                plain.not_empty.wait(lock, [&] { return !plain.items.empty(); });
                item = plain.items.front();
                plain.items.pop_front();
            }
            plain.not_full.notify_one();
            return item;
        }
        Plain& plain;
    };
};

constexpr long items = 2'000'000;

template <class Queue>
long move_items(Queue* queue, int pairs) {
    const long each = items / pairs;
    std::atomic<Item> sum = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < pairs; ++i) {
            threads.emplace_back([&] {
                typename Queue::Popper popper(*queue);
                Item own = 0;
                for (long k = 0; k < each; ++k) own += popper.pop();
                sum += own;
            });
            threads.emplace_back([&] {
                typename Queue::Pusher pusher(*queue);
                for (long k = 0; k < each; ++k) pusher.push(static_cast<Item>(k));
            });
        }
    }
    const Item n = static_cast<Item>(each);
    if (sum != static_cast<Item>(pairs) * (n * (n - 1) / 2)) {
        std::fprintf(stderr, "a queue lost or doubled items\n");
        std::exit(1);
    }
    return items;
}

template <class Queue>
void add(bench::Comparison& comparison, bench::Who who, const char* name, int pairs) {
    comparison.add(who, name,
                   bench::timed<Queue>([pairs](Queue& queue) { return move_items(&queue, pairs); }));
}

} // namespace

int main(int argc, char** argv) {
    using bench::Who;
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 7;
    for (const int pairs : {1, 2}) {
        bench::Comparison queues({pairs == 1 ? "queue of 1,024, 1 thread to 1: ns each"
                                             : "queue of 1,024, 2 threads to 2: ns each"},
                                 rounds);
        add<Ours>(queues, Who::ours, "offstage::BoundedQueue", pairs);
        add<OursInBatches>(queues, Who::ours, "offstage::BoundedQueue, 64 at once", pairs);
        add<Tbb>(queues, Who::peer, "tbb::concurrent_bounded_queue", pairs);
        add<Plain>(queues, Who::peer, "mutex and two condition variables", pairs);
        add<MoodycamelBounded>(queues, Who::peer, "moodycamel, tokens and semaphore", pairs);
        add<Moodycamel>(queues, Who::other, "moodycamel, tokens, unbounded", pairs);
        queues.run();
    }
}

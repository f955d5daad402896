#include <offstage/executor/runtime.hpp>
#include <offstage/sync/bounded_queue.hpp>

#include <cstdio>

int main() {
    offstage::BoundedQueue<int> answers(1);
    offstage::Runtime runtime{{.workers = 1}};
    runtime.post([&] { answers.push(42); });
    std::printf("%d\n", answers.pop().value());
}

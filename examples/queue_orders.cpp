// The three orders of a queue: first in first out, last in first out, least first.
#include "offstage/sync/bounded_queue.hpp"
#include "offstage/sync/lifo_queue.hpp"
#include "offstage/sync/priority_queue.hpp"

#include <cstdio>

template <class Queue>
void show(const char* name) {
    Queue queue(8);
    for (const int n : {3, 1, 2}) queue.push(n);
    queue.close(); // what is in can still be popped
    std::printf("%s:", name);
    while (const auto n = queue.pop()) std::printf(" %d", *n);
    std::printf("\n");
}

int main() {
    show<offstage::BoundedQueue<int>>("first in, first out");
    show<offstage::LifoQueue<int>>("last in, first out");
    show<offstage::PriorityQueue<int>>("least first");
}

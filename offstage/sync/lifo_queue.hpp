// The last-in, first-out queue: a stack that threads talk through, for work of which the newest matters most.
// All it does is told in basic_queue.hpp.
#pragma once

#include "offstage/sync/basic_queue.hpp"
#include "offstage/sync/ring.hpp"

#include <string_view>

namespace offstage {

namespace detail {
template <class T>
class LifoStorage : public Ring<T> {
public:
    static constexpr std::string_view queue_kind = "LifoQueue";
    using Ring<T>::Ring;
    T take_next() noexcept { return this->take_back(); }
    T take_oldest() noexcept { return this->take_front(); }
};
} // namespace detail

template <class T>
class LifoQueue : public BasicQueue<T, detail::LifoStorage<T>> {
public:
    using BasicQueue<T, detail::LifoStorage<T>>::BasicQueue;
};

} // namespace offstage

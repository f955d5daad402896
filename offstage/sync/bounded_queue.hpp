// The first-in, first-out queue: what producer and consumer threads talk through. All it does is told in
// basic_queue.hpp.
//
//     offstage::BoundedQueue<Image> images{64, offstage::Overflow::drop_oldest};
//     images.push(take_picture(), stop);
//     while (auto image = images.pop(stop)) classify(*image);
#pragma once

#include "offstage/sync/basic_queue.hpp"
#include "offstage/sync/ring.hpp"

#include <string_view>

namespace offstage {

namespace detail {
template <class T>
class FifoStorage : public Ring<T> {
public:
    static constexpr std::string_view queue_kind = "BoundedQueue";
    using Ring<T>::Ring;
    T take_next() noexcept { return this->take_front(); }
    T take_oldest() noexcept { return this->take_front(); }
};
} // namespace detail

template <class T>
class BoundedQueue : public BasicQueue<T, detail::FifoStorage<T>> {
public:
    using BasicQueue<T, detail::FifoStorage<T>>::BasicQueue;
};

} // namespace offstage

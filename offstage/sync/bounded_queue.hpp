// The first-in, first-out queue: what producer and consumer threads talk through. All it does is told in
// basic_queue.hpp.
//
//     offstage::BoundedQueue<Image> images{64, offstage::Overflow::drop_oldest};
//     images.push(take_picture(), stop);
//     while (auto image = images.pop(stop)) classify(*image);
#pragma once

#include "offstage/sync/basic_queue.hpp"
#include "offstage/sync/fifo_storage.hpp"

namespace offstage {

template <class T>
class BoundedQueue : public BasicQueue<T, detail::FifoStorage<T>> {
public:
    using BasicQueue<T, detail::FifoStorage<T>>::BasicQueue;
};

} // namespace offstage

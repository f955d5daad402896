// For the library's own use. An array that grows by chunks of 2 MiB: growing moves nothing, and what was
// added stays where it is to the end. From the second chunk on they are large pages; so few elements cost
// little memory, and many cost few page faults.
//
// Not thread-safe: the mutex of whoever has it guards it.
#pragma once

#include "offstage/sys/large_page.hpp"

#include <bit>
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

namespace offstage::detail {

template <class T>
class Chunked {
public:
    Chunked() = default;
    Chunked(const Chunked&) = delete;
    Chunked& operator=(const Chunked&) = delete;
    ~Chunked() {
        for (std::size_t i = 0; i < size_; ++i) std::destroy_at(&(*this)[i]);
    }

    std::size_t size() const noexcept { return size_; }
    T& operator[](std::size_t index) noexcept { return *std::launder(reinterpret_cast<T*>(place(index))); }

    /// One more, default-initialised. Throws std::bad_alloc, nothing changed.
    T& add() {
        if (size_ % in_chunk == 0)
            chunks_.push_back(sys::new_large_page(size_ == 0 ? sys::PageUse::sparse : sys::PageUse::dense));
        T* const added = ::new (static_cast<void*>(place(size_))) T;
        ++size_;
        return *added;
    }

private:
    static_assert(std::has_single_bit(sizeof(T)) && std::is_nothrow_default_constructible_v<T>);
    static constexpr std::size_t in_chunk = sys::large_page_size / sizeof(T);

    std::byte* place(std::size_t index) const noexcept {
        return chunks_[index / in_chunk].get() + index % in_chunk * sizeof(T);
    }

    std::vector<sys::LargePage> chunks_;
    std::size_t size_ = 0;
};

} // namespace offstage::detail

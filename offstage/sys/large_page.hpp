// For the library's own use. Memory in large pages, for arrays of millions: a page fault and an entry of the
// processor's tables for each 2 MiB, not for each 4 KiB. Thread-safe; nothing blocks.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>

namespace offstage::sys {

inline constexpr std::size_t large_page_size = std::size_t{2} << 20;

struct FreeLargePage {
    void operator()(std::byte* page) const noexcept { std::free(page); }
};
using LargePage = std::unique_ptr<std::byte[], FreeLargePage>;

/// What takes memory where, and as much as, it is written to.
enum class PageUse : unsigned char {
    sparse, ///< small pages, each when it is first touched
    dense,  ///< one large page where the kernel has one and its settings allow it, at the first touch
};

/// 2 MiB of no known contents, aligned to that. Throws std::bad_alloc.
LargePage new_large_page(PageUse use);

} // namespace offstage::sys

#include "offstage/sys/large_page.hpp"

#include <new>
#include <tuple>

#include <sys/mman.h>

namespace offstage::sys {

LargePage new_large_page(PageUse use) {
    LargePage page(static_cast<std::byte*>(std::aligned_alloc(large_page_size, large_page_size)));
    if (page == nullptr) throw std::bad_alloc();
    // An advice: where it is not taken, small pages do.
    if (use == PageUse::dense) std::ignore = ::madvise(page.get(), large_page_size, MADV_HUGEPAGE);
    return page;
}

} // namespace offstage::sys

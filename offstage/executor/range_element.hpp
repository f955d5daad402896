// For the library's own use. The elements of a range that a caller gave, or lent.
#pragma once

#include <iterator>
#include <ranges>
#include <type_traits>

namespace offstage::detail {

/// Whether a view has its elements for its own: a container that was moved in, which shows them as const when
/// it is const itself. A light range over somebody else's does not.
template <class View>
inline constexpr bool is_owned = false;
template <class Range>
inline constexpr bool is_owned<std::ranges::owning_view<Range>> =
    std::ranges::input_range<const Range> &&
    !std::is_same_v<std::ranges::range_reference_t<const Range>, std::ranges::range_reference_t<Range>>;

/// The element at `at`, to make a value of: moved out of a range that was moved in, so that it need not be
/// copyable; else copied.
template <class View>
decltype(auto) element(const std::ranges::iterator_t<View>& at) {
    if constexpr (is_owned<View>)
        return std::ranges::iter_move(at);
    else
        return *at;
}

} // namespace offstage::detail

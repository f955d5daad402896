// What the rules and their messages both know of texts.
#pragma once

#include "apps/bookshop/rules/book.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace bookshop {

/// How many characters a field's text may have. REQUIRES: title, author, isbn or year_published.
std::size_t max_length(Field field) noexcept;

/// Where the first surrogate begins, or npos.
std::size_t find_surrogate(std::string_view text) noexcept;

/// The first surrogate's number in hexadecimal digits ("D800"); empty where there is none.
std::string first_surrogate(std::string_view text);

} // namespace bookshop

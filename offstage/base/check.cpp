#include "offstage/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace offstage {

void check_failed(std::string_view condition, std::string_view why, std::source_location where) {
    std::fprintf(stderr, "offstage: %.*s (%.*s is false) at %s:%u in %s\n", static_cast<int>(why.size()),
                 why.data(), static_cast<int>(condition.size()), condition.data(), where.file_name(),
                 where.line(), where.function_name());
    std::fflush(stderr);
    std::abort();
}

} // namespace offstage

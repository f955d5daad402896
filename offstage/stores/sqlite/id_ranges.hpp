// Job ids as text, "17-1016,1020": how a claim row keeps the jobs of one fetch. Claims mostly take runs of
// neighbours, so a thousand jobs are a few bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace offstage::stores::sqlite {

/// REQUIRES: ids are positive. Sorts them.
std::string to_ranges(std::vector<std::int64_t> ids);

/// The ids, ascending. Throws Error(corrupt) where to_ranges cannot have written it.
std::vector<std::int64_t> from_ranges(std::string_view text);

} // namespace offstage::stores::sqlite

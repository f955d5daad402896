#include "offstage/stores/sqlite/id_ranges.hpp"

#include "offstage/base/error.hpp"

#include <algorithm>
#include <charconv>

namespace offstage::stores::sqlite {
namespace {

/// No claim is larger (store.hpp bounds a share's max); what says so was not written by us.
constexpr std::int64_t max_ids = 1'000'000;

[[noreturn]] void refuse(std::string_view text) {
    throw Error(Errc::corrupt, "a claim's list of jobs cannot be read: \"" +
                                   std::string(text.substr(0, 100)) + "\"; restore the file from a backup");
}

} // namespace

std::string to_ranges(std::vector<std::int64_t> ids) {
    std::ranges::sort(ids);
    std::string text;
    for (std::size_t i = 0; i < ids.size();) {
        std::size_t last = i;
        while (last + 1 < ids.size() && ids[last + 1] == ids[last] + 1) ++last;
        if (!text.empty()) text += ',';
        text += std::to_string(ids[i]);
        if (last > i) text.append("-").append(std::to_string(ids[last]));
        i = last + 1;
    }
    return text;
}

std::vector<std::int64_t> from_ranges(std::string_view text) {
    std::vector<std::int64_t> ids;
    const char* at = text.data();
    const char* const end = at + text.size();
    const auto number = [&] {
        std::int64_t value = 0;
        const auto [stopped, error] = std::from_chars(at, end, value);
        if (error != std::errc{} || value <= 0) refuse(text);
        at = stopped;
        return value;
    };
    while (at != end) {
        const std::int64_t first = number();
        std::int64_t last = first;
        if (at != end && *at == '-') {
            ++at;
            last = number();
        }
        const auto room = max_ids - static_cast<std::int64_t>(ids.size());
        if (last < first || last - first >= room) refuse(text);
        for (std::int64_t id = first; id <= last; ++id) ids.push_back(id);
        if (at == end) break;
        if (*at != ',' || at + 1 == end) refuse(text);
        ++at;
    }
    return ids;
}

} // namespace offstage::stores::sqlite

// Who holds a store that only one process may open.
#pragma once

#include <cstdint>
#include <string>

namespace offstage::stores {

struct Holder {
    std::int64_t pid = 0;
    std::string program; ///< its file name
    std::string since;   ///< "2026-11-21T09:30:00.123456Z"
    std::string url;     ///< where it can be reached; empty: it did not say
};

} // namespace offstage::stores

// What somebody may do; each role may do what those before it may.
#pragma once

#include <cstdint>

namespace offstage::web {

enum class Role : std::uint8_t {
    anyone, ///< no token is needed: the login page, health
    read,   ///< look
    work,   ///< bring work and do it: enqueue, upload, lease, acknowledge
    admin,  ///< everything
};

} // namespace offstage::web

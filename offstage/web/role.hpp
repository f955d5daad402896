// What somebody may do; each role may do what those before it may.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace offstage::web {

enum class Role : std::uint8_t {
    anyone, ///< no token is needed: the login page, health
    read,   ///< look
    work,   ///< bring work and do it: enqueue, upload, lease, acknowledge
    admin,  ///< everything
};

/// "anyone", "read", "work", "admin".
constexpr std::string_view to_string(Role role) noexcept {
    constexpr std::array<std::string_view, 4> names{"anyone", "read", "work", "admin"};
    return names[static_cast<std::size_t>(role)];
}

} // namespace offstage::web

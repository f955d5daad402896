// What a bounded thing does when it is full and one more comes.
#pragma once

#include <cstdint>

namespace offstage {

enum class Overflow : std::uint8_t {
    block,       ///< the one who adds waits until there is room
    refuse,      ///< the one who adds is told `full` at once, and keeps the value
    drop_oldest, ///< the value that came first is dropped and counted; the new one goes in
    drop_newest, ///< the new value is dropped and counted; to the one who adds it went well
};

} // namespace offstage

// For work that fills a processor while a client waits: one at a time, a few in line, nobody for long. So the
// threads that answer requests are never all taken by it, and whoever comes to a long line is told at once.
//
// Thread-safe. It outlives its turns.
#pragma once

#include "offstage/sync/semaphore.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>

namespace bookshop {

class Turnstile {
public:
    /// Lets `line` wait beside the one that is in, each for at most `within`. `name` is told in listings.
    Turnstile(std::string name, std::size_t line, std::chrono::nanoseconds within)
        : places_(line + 1), turns_(1, std::move(name)), within_(within) {}

    /// Lets the next one in when it goes.
    struct Turn {
        offstage::Permit place, turn;
    };
    /// Blocks until it is the caller's turn; nothing where the line is full, or it takes too long. Throws
    /// Error(stopped).
    std::optional<Turn> enter(const std::stop_token& stop);

    bool empty() const noexcept { return turns_.available() == 1; }
    /// How many more could come now: to get in, or to wait.
    std::size_t room() const noexcept { return places_.available(); }

private:
    offstage::BoundedSemaphore places_;
    offstage::BoundedSemaphore turns_;
    const std::chrono::nanoseconds within_;
};

} // namespace bookshop

// SHA-256 of what is streamed through, by OpenSSL. One thread at a time.
#pragma once

#include <memory>
#include <span>
#include <string>

namespace bookshop {

class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void update(std::span<const char> bytes);
    /// The digest as 64 hexadecimal digits. REQUIRES: called once; no update() after it.
    std::string finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace bookshop

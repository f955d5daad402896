#include "apps/bookshop/sha256.hpp"

#include "offstage/base/check.hpp"

#include <openssl/evp.h>

#include <array>

namespace bookshop {

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    OFFSTAGE_CHECK(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1, "OpenSSL has SHA-256");
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const char> bytes) {
    OFFSTAGE_CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1, "update after finish");
}

std::string Sha256::finish() {
    std::array<unsigned char, 32> digest;
    unsigned length = 0;
    OFFSTAGE_CHECK(EVP_DigestFinal_ex(state_->context, digest.data(), &length) == 1, "finished once");
    static constexpr char digits[] = "0123456789abcdef";
    std::string hex;
    hex.reserve(64);
    for (unsigned char byte : digest) {
        hex += digits[byte >> 4];
        hex += digits[byte & 15];
    }
    return hex;
}

} // namespace bookshop

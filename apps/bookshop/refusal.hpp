// What the bookshop does not accept, told before an import begins: {"response": sentence, "code": code}.
//
// The codes are the API's, and stable; each is thrown by one place (upload.cpp, intake.cpp, spool.cpp).
#pragma once

#include "offstage/base/error.hpp"

#include <string>

namespace bookshop {

/// An upload that is refused. what() is the sentence for its sender. Its Errc decides the HTTP status.
class Refusal : public offstage::Error {
public:
    Refusal(offstage::Errc errc, std::string code, const std::string& sentence)
        : Error(errc, sentence), code_(std::move(code)) {}

    const std::string& code() const noexcept { return code_; }
    /// 400 what is wrong with the file, 413 its size, 503 no time for it now, 507 no room for it here.
    int status() const noexcept {
        switch (Error::code()) {
        case offstage::Errc::too_large:
            return 413;
        case offstage::Errc::timed_out:
            return 503;
        case offstage::Errc::full:
            return 507;
        default:
            return 400;
        }
    }

private:
    std::string code_;
};

} // namespace bookshop

// What Django REST framework says of each row of a file of testdata.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace bookshop {

class Verdicts {
public:
    /// `name` as "books-dirty".
    explicit Verdicts(const std::string& name);
    std::int64_t good() const noexcept { return good_; }
    /// By row: {"field": ["code"]} as JSON.
    const std::map<std::int64_t, std::string>& bad() const noexcept { return bad_; }

private:
    std::int64_t good_ = 0;
    std::map<std::int64_t, std::string> bad_;
};

} // namespace bookshop

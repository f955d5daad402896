#include "apps/bookshop/testing/verdicts.hpp"

#include "apps/bookshop/testdata/oracle.hpp"

#include <boost/json.hpp>

#include <string_view>

namespace bookshop {

Verdicts::Verdicts(const std::string& name) {
    const std::string lines = read_file(testdata(name + ".verdicts.jsonl"));
    for (std::size_t begin = 0; begin < lines.size();) {
        const std::size_t end = lines.find('\n', begin);
        const auto verdict = boost::json::parse(std::string_view(lines).substr(begin, end - begin));
        if (verdict.at("ok").as_bool())
            ++good_;
        else
            bad_.emplace(verdict.at("row").as_int64(), boost::json::serialize(verdict.at("errors")));
        begin = end + 1;
    }
}

} // namespace bookshop

// JSON that comes from outside, into a struct of every shape that the codec knows and back: whatever the
// bytes are, they are refused with a path or become a value that is written and read again as the same.
#include "offstage/base/check.hpp"
#include "offstage/base/json.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

struct Inner {
    std::string name;
    std::vector<std::int8_t> small;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (name, small))

struct Outer {
    bool flag = true;
    std::uint64_t count = 7;
    std::int64_t sum = -7;
    double rate = 0.5;
    std::optional<std::string> note;
    std::optional<Inner> inner;
    std::vector<std::vector<Inner>> rows;
    std::map<std::string, std::optional<double>> weights;
};
BOOST_DESCRIBE_STRUCT(Outer, (), (flag, count, sum, rate, note, inner, rows, weights))

template <class T>
void there_and_back(std::string_view text) {
    T value;
    try {
        value = offstage::from_json<T>(text);
    } catch (const offstage::Error& error) {
        OFFSTAGE_CHECK(error.code() == offstage::Errc::invalid_argument, "refused with another code");
        return;
    }
    const std::string written = offstage::to_json(value);
    OFFSTAGE_CHECK(offstage::to_json(offstage::from_json<T>(written)) == written,
                   "what was written reads as something else");
}

} // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    fuzz::there_and_back<fuzz::Outer>(text);
    fuzz::there_and_back<std::vector<fuzz::Outer>>(text);
    fuzz::there_and_back<double>(text);
    fuzz::there_and_back<std::string>(text);
    return 0;
}

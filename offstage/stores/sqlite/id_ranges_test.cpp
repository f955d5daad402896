#include "offstage/stores/sqlite/id_ranges.hpp"

#include "offstage/base/error.hpp"

#include <gtest/gtest.h>

namespace offstage::stores::sqlite {
namespace {

using Ids = std::vector<std::int64_t>;

TEST(IdRanges, NeighboursAreOneRange) {
    EXPECT_EQ(to_ranges({17, 18, 19, 25, 27, 28}), "17-19,25,27-28");
    EXPECT_EQ(to_ranges({3, 1, 2}), "1-3");
    EXPECT_EQ(to_ranges({7}), "7");
    EXPECT_EQ(to_ranges({}), "");
}

TEST(IdRanges, WhatWasWrittenIsReadBack) {
    for (const Ids& ids : {Ids{}, Ids{5}, Ids{1, 2, 3}, Ids{1, 3, 4, 9'000'000'000'000}})
        EXPECT_EQ(from_ranges(to_ranges(ids)), ids);
}

TEST(IdRanges, WhatWeCannotHaveWrittenIsCorrupt) {
    for (const char* text : {"x", "1-", "-1", "0", "2-1", "1,", ",1", "1 2", "1-2-3", "1-9000000000000",
                             "99999999999999999999"}) {
        try {
            std::ignore = from_ranges(text);
            ADD_FAILURE() << text << " was read";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::corrupt) << text;
        }
    }
}

} // namespace
} // namespace offstage::stores::sqlite

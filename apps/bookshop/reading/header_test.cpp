#include "apps/bookshop/reading/header.hpp"

#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/reading/row.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bookshop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr ColumnSpec wanted[] = {{"title"}, {"ISBN"}, {"description", false}};

class HeaderTest : public testing::Test {
protected:
    Header header(std::vector<std::string_view> names) {
        cells_ = std::move(names);
        Row row;
        row.cells = cells_;
        return Header(row, wanted);
    }

    std::string refusal(std::vector<std::string_view> names, std::string_view reason) {
        try {
            header(std::move(names));
        } catch (const BadFile& refused) {
            EXPECT_EQ(refused.reason(), reason);
            return refused.what();
        }
        ADD_FAILURE() << "the header was taken";
        return {};
    }

    std::vector<std::string_view> cells_;
};

TEST_F(HeaderTest, FindsColumnsInAnyOrderAndAnyCase) {
    Header found = header({"DESCRIPTION", " isbn\t", "\xC2\xA0Title"});
    EXPECT_EQ(found.place(0), 2U);
    EXPECT_EQ(found.place(1), 1U);
    EXPECT_EQ(found.place(2), 0U);
    EXPECT_EQ(found.width(), 3U);
    EXPECT_TRUE(found.ignored().empty());
}

TEST_F(HeaderTest, ListsColumnsThatNobodyAskedFor) {
    Header found = header({"shelf", "title", "", "ISBN", "shelf"});
    EXPECT_THAT(found.ignored(), ElementsAre("shelf", "", "shelf"));
    EXPECT_THAT(found.names(), ElementsAre("shelf", "title", "", "ISBN", "shelf"));
}

TEST_F(HeaderTest, RefusesAMissingRequiredColumnByName) {
    EXPECT_THAT(refusal({"description", "t itle"}, "missing_columns"), HasSubstr("title, ISBN"));
}

TEST_F(HeaderTest, RefusesAColumnThatIsNamedTwice) {
    EXPECT_THAT(refusal({"title", "ISBN", "Isbn"}, "duplicate_columns"), HasSubstr("ISBN"));
    EXPECT_THAT(refusal({"title", "ISBN", "description", "description"}, "duplicate_columns"),
                HasSubstr("description"));
}

TEST_F(HeaderTest, RefusesAHeaderThatIsTooWide) {
    Row row;
    row.too_many_cells = true;
    EXPECT_THROW(Header(row, wanted), BadFile);
}

TEST_F(HeaderTest, TellsAnAbsentColumnFromAShortRow) {
    Header found = header({"title", "ISBN"});
    std::vector<std::string_view> cells = {"A Book"};
    Row row;
    row.cells = cells;
    EXPECT_EQ(found.cell(row, 0), "A Book");
    EXPECT_EQ(found.cell(row, 1), "");
    EXPECT_EQ(found.cell(row, 2), std::nullopt);
}

} // namespace
} // namespace bookshop

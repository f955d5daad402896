#include "apps/bookshop/reading/guard.hpp"

#include "apps/bookshop/reading/row.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bookshop {
namespace {

using testing::ElementsAre;

std::string guarded(std::string_view cell) {
    return (needs_guard(cell) ? "'" : "") + std::string(cell);
}

/// One row of texts.
class OneRow final : public RowReader {
public:
    explicit OneRow(std::vector<std::string_view> cells) : cells_(std::move(cells)) {}
    bool next(Row& row) override {
        row = Row{};
        row.cells = cells_;
        return !std::exchange(read_, true);
    }
    std::uint64_t bytes_read() const override { return 7; }

private:
    std::vector<std::string_view> cells_;
    bool read_ = false;
};

TEST(Guard, StandsBeforeWhatASpreadsheetWouldRun) {
    for (const char* cell : {"=1+1", "+1", "-5", "@SUM(A1)", "\tx", "\rx", "'=1", "''-", "#REF!", "'#N/A"})
        EXPECT_EQ(guarded(cell), "'" + std::string(cell));
    for (const char* cell : {"", "'", "''", "'tis", "1-1", " =1", "a@b", "#REF", "#REF!!", "\nx"})
        EXPECT_EQ(guarded(cell), cell);
}

TEST(Guard, IsTakenOffExactlyWhereItWasPut) {
    std::mt19937 random(7);
    for (int i = 0; i < 100'000; ++i) {
        std::string cell;
        for (auto size = random() % 5; size > 0; --size) cell += "'=+-@\t\rax"[random() % 9];
        if (random() % 4 == 0) cell += "#N/A";
        const std::string given = guarded(cell);
        EXPECT_EQ(without_guard(given), cell);
        EXPECT_FALSE(!given.empty() && std::string_view("=+-@\t\r").find(given[0]) != std::string_view::npos)
            << cell;
        EXPECT_FALSE(is_error_text(given)) << cell;
    }
}

TEST(Guard, IsTakenOffRowsWhoseErrorCellsAreErrorsAgain) {
    UnguardedRows rows(std::make_unique<OneRow>(
        std::vector<std::string_view>{"'=a", "#REF!", "'tis", "#REF", "#N/A", "'#N/A"}));
    Row row;
    ASSERT_TRUE(rows.next(row));
    EXPECT_THAT(row.cells, ElementsAre("=a", "#REF!", "'tis", "#REF", "#N/A", "#N/A"));
    EXPECT_THAT(row.error_cells, ElementsAre(1u, 4u));
    EXPECT_EQ(rows.bytes_read(), 7u);
    EXPECT_FALSE(rows.next(row));
}

} // namespace
} // namespace bookshop

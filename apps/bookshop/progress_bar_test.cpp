#include "apps/bookshop/progress_bar.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace bookshop {
namespace {

TEST(ProgressBar, ThousandsAreParted) {
    EXPECT_EQ(with_commas(0), "0");
    EXPECT_EQ(with_commas(999), "999");
    EXPECT_EQ(with_commas(1000), "1,000");
    EXPECT_EQ(with_commas(-1234567), "-1,234,567");
    EXPECT_EQ(with_commas(-100), "-100");
}

TEST(ProgressBar, ALineTellsShareRowsAndRate) {
    EXPECT_EQ(progress_line({.state = "running",
                             .rows_read = 1000,
                             .rows_refused = 3,
                             .rows_per_second = 400000,
                             .bytes_read = 50,
                             .bytes_total = 100},
                            100),
              "[############............]  50 %  1,000 rows, 3 refused, 400,000 rows/s");
    EXPECT_EQ(progress_line({.state = "queued", .bytes_total = 100}, 100),
              "[........................]   0 %  waits for its turn");
    EXPECT_EQ(progress_line({.state = "done", .bytes_total = 100}, 10), "[.........");
}

TEST(ProgressBar, WithoutATerminalALineIsWrittenForEachTenth) {
    std::FILE* const out = std::tmpfile();
    ASSERT_NE(out, nullptr);
    {
        ProgressBar bar(out);
        for (std::int64_t i = 0; i <= 1000; ++i)
            bar.show({.state = "running", .bytes_read = i, .bytes_total = 1000});
    }
    std::rewind(out);
    int lines = 0;
    for (int c = 0; (c = std::fgetc(out)) != EOF;) {
        EXPECT_NE(c, '\r');
        lines += c == '\n' ? 1 : 0;
    }
    std::fclose(out);
    EXPECT_EQ(lines, 10);
}

} // namespace
} // namespace bookshop

#include "offstage/web/input_buffer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace offstage::web {

namespace {

void add(InputBuffer& buffer, std::string_view text) {
    const auto room = buffer.prepare(text.size());
    ASSERT_EQ(room.size(), text.size());
    std::ranges::copy(text, room.begin());
    buffer.commit(text.size());
}

} // namespace

TEST(InputBuffer, KeepsWhatWasNotUsedInOnePiece) {
    InputBuffer buffer(10);
    EXPECT_EQ(buffer.text(), "");
    add(buffer, "hello");
    buffer.consume(3);
    EXPECT_EQ(buffer.text(), "lo");
    add(buffer, " world!!");
    EXPECT_EQ(buffer.text(), "lo world!!");
    EXPECT_TRUE(buffer.full());
    EXPECT_TRUE(buffer.prepare(1).empty());
    buffer.consume(10);
    EXPECT_FALSE(buffer.full());
    EXPECT_EQ(buffer.prepare(100).size(), 10U);
}

TEST(InputBuffer, GivesMemoryBackOnlyWhileItIsEmpty) {
    InputBuffer buffer(1000);
    add(buffer, std::string(900, 'x'));
    buffer.shrink(10);
    EXPECT_EQ(buffer.text().size(), 900U);
    buffer.clear();
    buffer.shrink(10);
    add(buffer, "again");
    EXPECT_EQ(buffer.text(), "again");
}

} // namespace offstage::web

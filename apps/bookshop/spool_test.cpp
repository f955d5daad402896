#include "apps/bookshop/spool.hpp"

#include "apps/bookshop/refusal.hpp"
#include "apps/bookshop/testing/test_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>

namespace bookshop {
namespace {

using offstage::Error;

class SpoolTest : public testing::Test {
protected:
    std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(folder.path() / "spool"), {}));
    }
    std::string code_of_create(Spool& spool, std::optional<std::uint64_t> expected) {
        try {
            spool.create(expected);
        } catch (const Refusal& refusal) {
            EXPECT_EQ(refusal.status(), 507);
            return refusal.code();
        }
        return "";
    }
    static void put(Spool& spool, std::string_view content, std::string* name = nullptr) {
        const auto file = spool.create(std::nullopt);
        file->write(content);
        file->finish();
        file->keep();
        if (name != nullptr) *name = file->name();
    }

    TestFolder folder;
    Spool::Options options{.folder = folder.path() / "spool", .keep_free = 0};
};

TEST_F(SpoolTest, AFileStandsUnderItsNameOnlyOnceItIsFinished) {
    Spool spool(options);
    const auto file = spool.create(5);
    file->write(std::string_view("hello"));
    EXPECT_THROW(spool.open(file->name()), Error);
    EXPECT_TRUE(std::filesystem::exists(options.folder / (file->name() + ".part")));
    file->finish();
    EXPECT_FALSE(std::filesystem::exists(options.folder / (file->name() + ".part")));
    std::ifstream in(options.folder / file->name());
    EXPECT_EQ(std::string(std::istreambuf_iterator(in), {}), "hello");
    EXPECT_GE(spool.open(file->name()).fd(), 0);
}

TEST_F(SpoolTest, AFileThatNobodyKeepsIsRemoved) {
    Spool spool(options);
    spool.create(100)->write(std::string_view("half of it"));
    {
        const auto file = spool.create(100);
        file->write(std::string_view("all of it"));
        file->finish();
    }
    EXPECT_EQ(files(), 0u);
    EXPECT_EQ(spool.used(), 0u);
}

TEST_F(SpoolTest, ItsSizeIsBoundedByWhatIsThereAndWhatIsPromised) {
    options.max_bytes = 3 << 20;
    Spool spool(options);
    const auto promised = spool.create(2 << 20);
    EXPECT_EQ(code_of_create(spool, 2 << 20), "spool_full");
    EXPECT_EQ(code_of_create(spool, std::uint64_t{1} << 63), "disk_full");
    const auto of_unknown_size = spool.create(std::nullopt);
    of_unknown_size->write(std::string(1 << 20, 'x'));
    EXPECT_THROW(of_unknown_size->write(std::string_view("y")), Refusal);
    EXPECT_EQ(spool.used(), std::uint64_t{3} << 20);
}

TEST_F(SpoolTest, ASmallOneIsFilledToItsLastByteAndSaysWhatItTakes) {
    options.max_bytes = 5000;
    Spool spool(options);
    const auto file = spool.create(std::nullopt);
    file->write(std::string(2000, 'x'));
    file->write(std::string(3000, 'x'));
    EXPECT_EQ(spool.used(), 5000u);
    const auto told = [](const std::function<void()>& step) -> std::string {
        try {
            step();
        } catch (const Refusal& refusal) {
            EXPECT_EQ(refusal.code(), "spool_full");
            return refusal.what();
        }
        return "taken";
    };
    EXPECT_NE(told([&] { file->write(std::string_view("y")); }).find("the 5000 bytes"), std::string::npos);
    EXPECT_NE(told([&] { spool.create(5001); }).find("the 5000 bytes"), std::string::npos);
    EXPECT_NE(told([&] { spool.create(5000); }).find("again later"), std::string::npos);
}

TEST_F(SpoolTest, AFolderIsForOneSpoolAtATime) {
    {
        Spool first(options);
        EXPECT_THROW(Spool second(options), offstage::Error);
    }
    Spool after(options);
}

TEST_F(SpoolTest, RoomIsGivenBackWhenAFileIsRemoved) {
    Spool spool(options);
    std::string name;
    put(spool, "12345", &name);
    EXPECT_EQ(spool.used(), 5u);
    spool.remove(name);
    spool.remove(name);
    EXPECT_EQ(spool.used(), 0u);
    EXPECT_EQ(files(), 0u);
}

TEST_F(SpoolTest, SomeOfTheDiskIsLeftFree) {
    options.keep_free = std::uint64_t{1} << 62;
    Spool spool(options);
    EXPECT_EQ(code_of_create(spool, 1), "disk_full");
}

TEST_F(SpoolTest, ASweepRemovesWhatDeadUploadsLeftAndNothingThatIsBeingReceived) {
    std::string wanted;
    std::string orphan;
    {
        Spool before(options);
        put(before, "wanted", &wanted);
        put(before, "orphan", &orphan);
    }
    std::ofstream(options.folder / (std::string(32, 'a') + ".part")) << "half";
    std::ofstream(options.folder / "README") << "somebody else's";
    Spool spool(options);
    const auto receiving = spool.create(std::nullopt);
    receiving->write(std::string_view("on its way"));
    EXPECT_EQ(spool.sweep([&](const std::string& name) { return name == wanted; }), 2u);
    EXPECT_EQ(files(), 3u);
    receiving->finish();
    EXPECT_EQ(spool.sweep([&](const std::string& name) { return name == wanted; }), 0u);
}

TEST_F(SpoolTest, OnlyItsOwnNamesAreNames) {
    Spool spool(options);
    for (std::string_view name : {"../books.db", "", "README", "ABCDEF0123456789ABCDEF0123456789"}) {
        EXPECT_THROW(spool.open(name), Error) << name;
        EXPECT_THROW(spool.remove(name), Error) << name;
    }
}

} // namespace
} // namespace bookshop

// A disk that is really full, under the shop's database: nothing that was answered is lost, and the import
// goes on when there is room again. Needs the right to mount (root); skipped elsewhere.
#include "apps/bookshop/testing/served_shop.hpp"
#include "apps/bookshop/testing/test_shop.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include <sys/mount.h>

namespace bookshop {
namespace {

constexpr int rows = 200000;

class SmallDisk {
public:
    explicit SmallDisk(std::filesystem::path folder) : folder_(std::move(folder)) {
        std::filesystem::create_directory(folder_);
        mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=8m") == 0;
    }
    ~SmallDisk() {
        if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    bool is_mounted() const noexcept { return mounted_; }
    void grow() const { ::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT, "size=300m"); }

private:
    const std::filesystem::path folder_;
    bool mounted_ = false;
};

TEST(FullDiskTest, AnImportWaitsForRoomAndEachRowIsThereOnce) {
    const TestFolder folder;
    const SmallDisk disk(folder.path() / "disk");
    if (!disk.is_mounted()) GTEST_SKIP() << "mounting needs root";
    const std::string file = folder.path() / "books.csv";
    {
        std::ofstream out(file, std::ios::binary);
        out << books_header << book_rows(rows);
    }
    ServedShop shop({"--database", "sqlite:" + (folder.path() / "disk/books.db").string()});
    shop.start();
    const Ran ran = shop.curl({"-T", file, shop.url() + "/api/v1/upload/"});
    ASSERT_TRUE(ran.out.ends_with("\n201")) << ran.out;
    // Not even that it will be tried again can be written down: the log tells.
    wait_until("a full disk", [&] { return shop.process().err().find("disk is full") != std::string::npos; });
    // There may be room for a little row still, or not: what was answered counts.
    const HttpAnswer little = shop.put(std::string(books_header) + "Little,A,Comic,1,2001,1,1,1,x\n");
    EXPECT_TRUE(little.status == 201 || little.status == 507) << little.status << little.body;
    const std::int64_t more = little.status == 201 ? 1 : 0;

    disk.grow();
    const auto import = shop.ended(1);
    EXPECT_EQ(import.at("state").as_string(), "done") << import;
    EXPECT_EQ(import.at("rows_inserted").as_int64(), rows);
    if (more == 1) {
        EXPECT_EQ(shop.ended(2).at("state").as_string(), "done");
    }
    EXPECT_EQ(shop.get("/api/v1/books?page_size=1").at("count").as_int64(), rows + more);
    EXPECT_EQ(shop.get("/api/v1/books?search=Little").at("count").as_int64(), more);
    EXPECT_EQ(shop.stop(), 0);
}

} // namespace
} // namespace bookshop

// A disk that is really full, under the shop's database: nothing that was answered is lost, and the import goes on when
// there is room again. Needs the right to mount (root); skipped elsewhere.
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
        mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=20m") == 0;
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
    boost::json::object import;
    wait_until("a full disk", [&] {
        import = shop.get("/api/v1/imports/1");
        return import.at("state") == "retrying";
    });
    EXPECT_NE(import.at("error").as_string().find("full"), std::string::npos) << import;
    EXPECT_TRUE(import.at("retry_at").is_string());
    const HttpAnswer refused = shop.put(std::string(books_header) + book_rows(1));
    EXPECT_EQ(refused.status, 507) << refused.body;
    EXPECT_NE(refused.body.find("disk_full"), std::string::npos);

    disk.grow();
    import = shop.ended(1);
    EXPECT_EQ(import.at("state").as_string(), "done") << import;
    EXPECT_EQ(import.at("rows_inserted").as_int64(), rows);
    EXPECT_EQ(shop.get("/api/v1/books?page_size=1").at("count").as_int64(), rows);
    EXPECT_EQ(shop.get("/api/v1/books?page_size=1&page=last").at("results").at(0).at("id").as_int64(), rows);
    EXPECT_EQ(shop.stop(), 0);
}

} // namespace
} // namespace bookshop

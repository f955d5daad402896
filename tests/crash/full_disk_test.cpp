// A disk that is really full, under the shop's database: nothing that was answered is lost, and the import
// goes on when there is room again. Needs the right to mount (root); skipped elsewhere.
#include "apps/bookshop/testing/served_shop.hpp"
#include "apps/bookshop/testing/test_shop.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include <sys/mount.h>

namespace bookshop {
namespace {

constexpr int rows = 300000;

class SmallDisk {
public:
    SmallDisk(std::filesystem::path folder, const std::string& size) : folder_(std::move(folder)) {
        std::filesystem::create_directory(folder_);
        mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
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

/// Of 11,300 KiB and more it depends on the moment whether the job's own small writes still fit.
class FullDiskTest : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Of, FullDiskTest, testing::Values("8m", "11300k", "12m"));

TEST_P(FullDiskTest, AnImportWaitsForRoomAndEachRowIsThereOnce) {
    const TestFolder folder;
    const SmallDisk disk(folder.path() / "disk", GetParam());
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
    // Where not even that it will be tried again can be written down, the log tells.
    wait_until("a full disk", [&] {
        const auto import = shop.get("/api/v1/imports/1");
        return shop.process().err().find("disk is full") != std::string::npos ||
               (import.at("state") == "retrying" &&
                import.at("error") == "The disk is full: make room, and the import goes on.");
    });
    // There may be room for a little row still, or not: what was answered counts.
    const HttpAnswer little = shop.put(std::string(books_header) + "Little,A,Comic,1,2001,1,1,1,x\n");
    EXPECT_TRUE(little.status == 201 || little.status == 507) << little.status << little.body;
    const std::int64_t more = little.status == 201 ? 1 : 0;

    disk.grow();
    const auto import = shop.ended(1);
    EXPECT_EQ(import.at("state").as_string(), "done") << import;
    EXPECT_EQ(import.at("rows_inserted").as_int64(), rows);
    const auto job = shop.get("/offstage/v1/jobs/" + std::to_string(import.at("job_id").as_int64()));
    EXPECT_EQ(job.at("errors").as_int64(), 0)
        << "a full disk that counts as an error fails the import in the end";
    if (more == 1) {
        EXPECT_EQ(shop.ended(2).at("state").as_string(), "done");
    }
    EXPECT_EQ(shop.get("/api/v1/books?page_size=1").at("count").as_int64(), rows + more);
    EXPECT_EQ(shop.get("/api/v1/books?search=Little").at("count").as_int64(), more);
    EXPECT_EQ(shop.stop(), 0);
}

} // namespace
} // namespace bookshop

// The conformance suite on the SQLite driver.
#include "offstage/stores/conformance/conformance.hpp"
#include "offstage/stores/sqlite/testing/folder.hpp"

namespace offstage::stores::conformance {
namespace {

class SqlitePlace final : public Place {
public:
    std::unique_ptr<Store> open() override { return open_sqlite(folder_.file("jobs.db"), options()); }

    // All that a crash leaves is the files; a copy of them, made while the store is open, is that, and no
    // lock goes with it.
    std::unique_ptr<Store> crash(std::unique_ptr<Store> store) override {
        folder_.copy_database("jobs.db", "copy.db");
        store.reset();
        folder_.copy_database("copy.db", "jobs.db");
        return open();
    }

    void advance(Store& store, std::chrono::microseconds by) override {
        clock_.advance(by);
        store.transact([](Transaction&) {}); // to look at the clock
        store.transact([](Transaction&) {}); // what was due then is committed
    }

private:
    SqliteOptions options() {
        return {.clock = [this] { return clock_.now(); }};
    }

    stores::testing::Folder folder_;
    stores::testing::ManualClock clock_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance,
                         ::testing::Values(Kit{"sqlite", [] { return std::make_unique<SqlitePlace>(); }}),
                         kit_name);

} // namespace
} // namespace offstage::stores::conformance

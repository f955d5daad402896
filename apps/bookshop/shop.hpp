// The shop without its doors: tables, spool, and the worker that imports. serve.cpp puts a web server before
// it, import_command.cpp a terminal.
//
//   Shop shop(store, runtime, {…});       // tables are made, what dead uploads left is swept
//   shop.start();                         // imports that were under way go on
//   …
//   shop.stop(deadline);
//
// A file leaves the spool when its import has ended, however it ended: the refused rows keep what it said.
//
// Threads: all, but start() once. Store and runtime outlive it; the runtime's pool removes the files.
#pragma once

#include "apps/bookshop/book_list.hpp"
#include "apps/bookshop/intake.hpp"
#include "apps/bookshop/spool.hpp"
#include "offstage/executor/runtime.hpp"
#include "offstage/jobs/client.hpp"
#include "offstage/jobs/registry.hpp"
#include "offstage/jobs/worker.hpp"
#include "offstage/stores/store.hpp"

#include <filesystem>
#include <functional>
#include <memory>

namespace bookshop {

struct ShopOptions {
    std::filesystem::path data_dir;                    ///< the spool is its folder `spool`
    int workers = 2;                                   ///< imports at once
    std::uint64_t max_spool = std::uint64_t{10} << 30; ///< bytes of all files that wait for their import
    std::function<void(const offstage::jobs::Event&)> on_event = {}; ///< as WorkerOptions::on_event
};

class Shop {
public:
    /// Throws what the store and the spool throw.
    Shop(offstage::stores::Store& store, offstage::Runtime& runtime, ShopOptions options);
    /// Stops with a deadline of now, then waits for what still runs.
    ~Shop();
    Shop(const Shop&) = delete;
    Shop& operator=(const Shop&) = delete;

    /// Begins to import.
    void start();
    /// Imports under way stop at their last batch and are given back: they go on at the next start.
    offstage::jobs::StopReport stop(offstage::Deadline deadline);

    offstage::stores::Store& store() noexcept { return store_; }
    offstage::jobs::Client& client() noexcept { return client_; }
    Spool& spool() noexcept { return spool_; }
    BookLists& lists() noexcept { return lists_; }
    Intake& intake() noexcept { return intake_; }
    const offstage::jobs::Registry& kinds() const noexcept { return kinds_; }

private:
    bool is_wanted(const std::string& spool_file);
    void remove_file_of(offstage::jobs::JobId job);

    offstage::stores::Store& store_;
    offstage::Runtime& runtime_;
    const ShopOptions options_;
    Spool spool_;
    offstage::jobs::Client client_;
    Intake intake_;
    BookLists lists_;
    offstage::jobs::Registry kinds_;
    std::unique_ptr<offstage::stores::Subscription> ended_;
    std::unique_ptr<offstage::jobs::Worker> worker_; // last: it ends first
};

} // namespace bookshop

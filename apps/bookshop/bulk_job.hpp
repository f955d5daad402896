// The job that does a bulk action: books in the order of their ids, a batch a transaction, each with its
// counters and checkpoint under the lease. So each book is changed once, wherever the process dies; cancel
// stops within a batch and tells what was done.
#pragma once

#include "offstage/jobs/job.hpp"
#include "offstage/jobs/registry.hpp"

#include <boost/describe.hpp>

#include <cstdint>
#include <string_view>

namespace bookshop {

/// The job's arguments: which action, by its id.
struct ChangeBooks {
    static constexpr std::string_view kind = "change_books";
    static offstage::jobs::InsertOptions defaults() { return {.queue = "bulk", .max_attempts = 5}; }
    std::int64_t bulk = 0;
};
BOOST_DESCRIBE_STRUCT(ChangeBooks, (), (bulk))

/// Makes the kind known.
void add_change_books(offstage::jobs::Registry& kinds);

} // namespace bookshop

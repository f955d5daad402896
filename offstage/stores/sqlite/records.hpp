// What is asked about jobs, read from a snapshot. Threads: the connection's.
#pragma once

#include "offstage/stores/sqlite/connection.hpp"
#include "offstage/stores/types.hpp"

#include <optional>
#include <span>
#include <vector>

namespace offstage::stores::sqlite {

std::optional<JobRecord> find_record(Connection& db, JobId id);
std::vector<JobRecord> find_records(Connection& db, std::span<const JobId> ids);
std::vector<JobNote> read_notes(Connection& db, JobId id);
std::vector<QueueCounts> read_queues(Connection& db);

} // namespace offstage::stores::sqlite

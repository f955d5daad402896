// Lists of jobs: walks through live and ended ones together, newest first, and keeps those that meet all
// conditions, for at most so many looks.
//
// The walk goes by id, save where there is a shorter way to all jobs of a state: running ones through the
// claims, few scheduled or ready ones through their index. Threads: the connection's.
#pragma once

#include "offstage/stores/job_list.hpp"
#include "offstage/stores/sqlite/connection.hpp"

namespace offstage::stores::sqlite {

/// REQUIRES: limit and look of the filter are in range, and the connection reads one snapshot.
JobPage list_jobs(Connection& db, const JobFilter& filter);

} // namespace offstage::stores::sqlite

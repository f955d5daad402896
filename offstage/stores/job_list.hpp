// Lists of jobs, part by part: which jobs, how many of them, how much of each. Values.
#pragma once

#include "offstage/stores/types.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace offstage::stores {

/// Which jobs a list shows: newest first, all conditions met.
struct JobFilter {
    std::optional<JobState> state = {};
    std::string queue = {}; ///< empty: any
    std::string kind = {};  ///< empty: any
    std::string tag = {};   ///< empty: any
    std::string text = {};  ///< found in arguments or error, ASCII letters of either case; empty: any
    JobId before = {};      ///< only older ids; 0: from the newest on
    int limit = 100;        ///< 1 to 1000
    /// At most so many jobs are looked at, so that a condition that few meet costs no more than this.
    int look = 20'000;
    /// Arguments, checkpoint, result and error are cut to so many bytes each, whole characters.
    std::size_t payload_bytes = max_payload_bytes;
};

/// A part of a list. It may be short of its limit although there is more: see JobFilter::look.
struct JobPage {
    std::vector<JobRecord> jobs = {};
    std::optional<JobId> next = {}; ///< the list goes on before this id; none: that was all
};

} // namespace offstage::stores

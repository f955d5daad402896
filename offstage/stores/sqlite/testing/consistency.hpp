// What must hold in a job database at any moment, looked up by SQL: counts are those of the rows, every
// running job is in a claim, every claim has a worker, keys name jobs that are there.
#pragma once

#include "offstage/stores/store.hpp"

#include <string>
#include <vector>

namespace offstage::stores::testing {

/// What does not hold, in sentences; empty when all does.
std::vector<std::string> faults_in(Store& store);

} // namespace offstage::stores::testing

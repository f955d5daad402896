// What ended a wait, where those who use sync look for it. It stands in base, since joining a thread (sys)
// says it too: base/wait_status.hpp.
#pragma once

#include "offstage/base/wait_status.hpp" // IWYU pragma: export

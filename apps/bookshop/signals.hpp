// SIGINT and SIGTERM as something to wait for: the first one asks the program to stop, a second one ends it
// at once.
//
// To be made by main before any thread is started, for threads inherit that the two are not delivered to
// them.
#pragma once

#include <stop_token>

namespace bookshop {

class StopSignals {
public:
    /// From here on the two signals wait to be heard. Also: a write to a closed pipe or past a file size
    /// limit is an error of that write and no longer ends the process.
    StopSignals();

    /// Blocks until one of them comes, or `stop`; gives its number, 0 for the stop. From then on the next one
    /// ends the process at once.
    int wait(std::stop_token stop = {});
};

} // namespace bookshop

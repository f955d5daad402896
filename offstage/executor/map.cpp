#include "offstage/executor/map.hpp"

#include "offstage/base/error.hpp"
#include "offstage/executor/pool_core.hpp"
#include "offstage/sys/clock.hpp"

namespace offstage::detail {

std::size_t workers_of(const PoolCore& pool) noexcept {
    return pool.workers();
}

void wait_reminding(FutureState& state) {
    const std::stop_token no_stop;
    while (state.wait(no_stop, sys::deadline_after(reminder)) != WaitStatus::ok)
        state.pool()->sink().report(
            {std::make_exception_ptr(Error(Errc::timed_out, "still waits for " + state.describe())),
             "end of a map", state.where()});
}

} // namespace offstage::detail

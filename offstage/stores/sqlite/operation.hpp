// One thing asked of the writer: it waits in the writer's queue, is run within a group's transaction, and is
// told what became of it after the commit.
//
//   queued ──▶ run ──▶ told          queued ──withdrawn──▶ (gone)
//
// Who owns it: a caller that waits has it on its stack; one that nobody waits for owns itself and is deleted
// in `told`. Threads: run and told on the writer's; the links are guarded by the writer's mutex.
#pragma once

#include <cstdint>
#include <exception>

namespace offstage::stores::sqlite {

struct Work;

class Operation {
public:
    /// How it is run.
    enum class Way : std::uint8_t {
        aside,   ///< needs no transaction; `work` must not be used to write
        grouped, ///< the driver's own: fails alone before it has written, else with its group
        alone,   ///< an application's: within a savepoint, so that it fails alone
    };
    explicit Operation(Way way) noexcept : way_(way) {}
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;
    virtual ~Operation() = default;

    virtual void run(Work& work) = 0;
    /// `error`: what it threw, or why its group was not committed; null when all is on disk. The operation
    /// may be gone when this returns.
    virtual void told(std::exception_ptr error) noexcept = 0;

private:
    friend class Writer;
    const Way way_;
    bool queued_ = false;
    Operation* before_ = nullptr;
    Operation* after_ = nullptr;
    std::exception_ptr error_;
};

} // namespace offstage::stores::sqlite

// Stages in a row, each with threads of its own and a bounded queue before it.
//
//   auto line = pipeline(frames)                                         // a queue, a range, or a function
//                   .stage(decode, {.name = "decode", .threads = 2})
//                   .stage(classify, {.name = "classify", .threads = 3, .ordered = true})
//                   .drain_into(show);
//   const PipelineReport report = line.run(stop);
//
// A stage's function takes what the one before gave, a std::stop_token first where it wants one, and gives
// what the next one takes; where it gives a std::optional, an empty one leaves the item out. A slow stage
// holds back those before it, and in the end the source: nothing grows. `ordered`: a stage of several threads
// gives its results in the order in which it took the items.
//
// How it ends: run() reads the source in the calling thread.
//   - the source ends, or a stop is requested: nothing more is taken from it, and all that is inside is
//     drained to the end;
//   - the deadline passes, or a stage fails (OnError::abort): the stages' stop tokens are requested, and what
//     lies in the queues is dropped, and counted.
// run() returns when every thread has ended; it throws the error that aborted it.
//
// What always holds: no error is lost: those that do not abort (OnError::skip), and those that came after the
// first, go to the pipeline's handler with the stage's name. Every item that was taken from the source is
// counted: passed through, left out, failed or dropped.
//
// Threads: run() once, by any; counters() by any at any time. Stages with several threads call their function
// from all of them at once.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/executor/pipeline_core.hpp"
#include "offstage/executor/pipeline_options.hpp"
#include "offstage/executor/range_element.hpp"
#include "offstage/sync/bounded_queue.hpp"
#include "offstage/sys/clock.hpp"

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

namespace offstage {

/// A pipeline with its source and its end.
class Pipeline {
public:
    /// Runs it to its end; blocks for as long. The threads are its own and end before it returns. Throws the
    /// first error of a stage with OnError::abort, or of the source. REQUIRES: it was not run before
    /// (checked).
    PipelineReport run(std::stop_token stop = {}, Deadline deadline = Deadline::never()) {
        return core_->run(stop, deadline);
    }
    std::vector<StageCounters> counters() const { return core_->counters(); }

private:
    template <class Item>
    friend class PipelineBuilder;
    explicit Pipeline(std::shared_ptr<detail::PipelineCore> core) : core_(std::move(core)) {}
    std::shared_ptr<detail::PipelineCore> core_;
};

namespace detail {

template <class T>
struct StageResult {
    using Type = T;
};
template <class T>
struct StageResult<std::optional<T>> {
    using Type = T;
};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class F, class... Args>
decltype(auto) call_stage(F& f, [[maybe_unused]] const std::stop_token& stop, Args&&... args) {
    if constexpr (std::is_invocable_v<F&, std::stop_token, Args...>)
        return std::invoke(f, stop, std::forward<Args>(args)...);
    else
        return std::invoke(f, std::forward<Args>(args)...);
}

} // namespace detail

/// A pipeline that wants further stages; `Item` is what the last one gives. For one thread.
template <class Item>
class PipelineBuilder {
public:
    PipelineBuilder(std::shared_ptr<detail::PipelineCore> core, std::shared_ptr<detail::Link<Item>> last)
        : core_(std::move(core)), last_(std::move(last)) {}

    /// Adds a stage. Throws Error(invalid_argument) where it has no threads or no capacity.
    template <class F>
    auto stage(F f, StageOptions options = {}) && {
        using Given = std::decay_t<decltype(detail::call_stage(f, std::stop_token(), std::declval<Item>()))>;
        using Next = typename detail::StageResult<Given>::Type;
        auto out = std::make_shared<detail::Link<Next>>();
        add(std::move(options), [f = std::move(f), out](detail::PipelineCore& core, detail::Stage& self,
                                                        auto turn, Item&& item) mutable {
            std::optional<Next> result;
            const auto compute = [&] { result = detail::call_stage(f, core.abort_token(), std::move(item)); };
            finish(core, self, turn, compute, [&] {
                if (!result)
                    detail::Stage::count(self.left_out);
                else if (out->queue->push(*std::move(result), core.abort_token()) == WaitStatus::ok)
                    detail::Stage::count(self.passed);
                else
                    detail::Stage::count(self.dropped);
            });
        }).close_output = [out] { out->queue->close(); };
        return PipelineBuilder<Next>(std::move(core_), std::move(out));
    }

    /// Ends the pipeline with a stage that gives nothing on.
    template <class F>
    Pipeline drain_into(F f, StageOptions options = {}) && {
        add(std::move(options), [f = std::move(f)](detail::PipelineCore& core, detail::Stage& self, auto turn,
                                                   Item&& item) mutable {
            const auto compute = [&] { detail::call_stage(f, core.abort_token(), std::move(item)); };
            finish(core, self, turn, compute, [&] { detail::Stage::count(self.passed); });
        }).close_output = [] {};
        return Pipeline(std::move(core_));
    }

private:
    /// Computes, waits for the turn, gives on: every item that was taken gives up its turn, whatever came of
    /// it.
    template <class Compute, class Give>
    static void finish(detail::PipelineCore& core, detail::Stage& self, std::uint64_t turn, Compute compute,
                       Give give) {
        std::exception_ptr error;
        try {
            compute();
        } catch (...) {
            error = std::current_exception();
        }
        const bool mine = self.wait_turn(turn, core.abort_token());
        if (error != nullptr)
            core.stage_failed(self, std::move(error));
        else if (mine)
            give();
        else
            detail::Stage::count(self.dropped);
        if (mine) self.end_turn();
    }

    template <class Work>
    detail::Stage& add(StageOptions options, Work work) {
        last_->queue.emplace(options.capacity, Overflow::block, options.name);
        detail::Stage& added = core_->add_stage(std::move(options));
        // The core owns the stages and what they hold: they refer to it without a count.
        added.body = [core = core_.get(), in = last_,
                      work = std::make_shared<Work>(std::move(work))](detail::Stage& self) {
            while (auto taken = self.take(*in->queue, core->abort_token()))
                (*work)(*core, self, taken->turn, std::move(taken->item));
        };
        added.queued = [in = last_] { return in->queue->size(); };
        added.drop_input = [in = last_] { return in->queue->close_and_take().size(); };
        return added;
    }

    std::shared_ptr<detail::PipelineCore> core_;
    std::shared_ptr<detail::Link<Item>> last_; // shared by the stages on either side
};

namespace detail {

/// `next(stop, deadline)` answers with a WaitResult<Item>; closed at the end.
template <class Item, class Next>
PipelineBuilder<Item> pipeline_from(Next next, PipelineOptions options) {
    auto core = std::make_shared<PipelineCore>(std::move(options));
    auto first = std::make_shared<Link<Item>>();
    core->pump = [self = core.get(), first, next = std::make_shared<Next>(std::move(next))](
                     const std::stop_token& stop, Deadline deadline) {
        for (;;) {
            if (stop.stop_requested()) return WaitStatus::stopped; // ok wins in a queue: ask first
            if (!deadline.is_never() && sys::steady_now() >= deadline.when()) return WaitStatus::timed_out;
            WaitResult<Item> item = (*next)(stop, deadline);
            if (!item) return item.status();
            // What was taken goes in, also after a stop: only an abort or the deadline drops it.
            const WaitStatus status = first->queue->push(*std::move(item), self->abort_token(), deadline);
            if (status != WaitStatus::ok) return self->count_lost(), status;
        }
    };
    core->close_source = [first] { first->queue->close(); };
    return {std::move(core), std::move(first)};
}

} // namespace detail

/// Reads a queue until it is closed and empty. The queue outlives the run.
template <class Item, class Storage>
PipelineBuilder<Item> pipeline(BasicQueue<Item, Storage>& queue, PipelineOptions options = {}) {
    return detail::pipeline_from<Item>(
        [&queue](const std::stop_token& stop, Deadline deadline) { return queue.pop(stop, deadline); },
        std::move(options));
}

/// Reads a range to its end. The values of one that is moved in are moved, those of another are copied; such
/// a range outlives the run.
template <std::ranges::input_range Range>
auto pipeline(Range&& range, PipelineOptions options = {}) {
    using Item = std::ranges::range_value_t<Range>;
    using View = std::views::all_t<Range>;
    auto view = std::make_shared<View>(std::views::all(std::forward<Range>(range)));
    using Iterator = std::ranges::iterator_t<View>;
    return detail::pipeline_from<Item>(
        [view, at = std::optional<Iterator>()](const std::stop_token&, Deadline) mutable -> WaitResult<Item> {
            at ? void(++*at) : void(at = std::ranges::begin(*view));
            if (*at == std::ranges::end(*view)) return WaitStatus::closed;
            return WaitResult<Item>(Item(detail::element<View>(*at)));
        },
        std::move(options));
}

/// Calls `next()`, or `next(stop_token)`, until it answers with an empty optional.
template <class F>
    requires(!std::ranges::input_range<F> && (std::invocable<F&> || std::invocable<F&, std::stop_token>))
auto pipeline(F next, PipelineOptions options = {}) {
    using Given = std::decay_t<decltype(detail::call_stage(next, std::stop_token()))>;
    static_assert(detail::IsOptional<Given>::value,
                  "a source's function answers with a std::optional, empty at its end");
    using Item = typename detail::StageResult<Given>::Type;
    return detail::pipeline_from<Item>(
        [next = std::move(next)](const std::stop_token& stop, Deadline) mutable -> WaitResult<Item> {
            auto item = detail::call_stage(next, stop);
            if (!item) return WaitStatus::closed;
            return WaitResult<Item>(*std::move(item));
        },
        std::move(options));
}

} // namespace offstage

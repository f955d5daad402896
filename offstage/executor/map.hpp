// A function over a range, in parallel, its results in order.
//
//   for (const Page& page : runtime.map(fetch, urls)) show(page);
//
//   MapOptions   how many are under way at once, what ends the wait
//   Mapped       the results: an input range, to be walked once
//
// At most `window` elements are in flight or done and not yet looked at: so the range may be endless, and a
// slow reader holds back the tasks. An element's error is thrown where its result would have come. Whoever
// leaves the loop early ends the rest: the destructor cancels what has not begun, asks the others to stop and
// waits for them, so that the function may refer to what was declared before the loop.
//
// Threads: a Mapped is for one thread, which may be a task of the same pool. The function is called by
// several threads at once. The elements of a range that is moved in are moved, those of another are copied;
// the pool and such a range outlive the Mapped.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/executor/future.hpp"
#include "offstage/executor/range_element.hpp"
#include "offstage/executor/task.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <source_location>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace offstage {

struct MapOptions {
    std::size_t window = 0; ///< elements in flight; 0: twice the pool's workers
    std::string name = {};  ///< of its tasks
    Priority priority = Priority::normal;
    std::stop_token stop = {};             ///< ends the wait for a result with Error(stopped)
    Deadline deadline = Deadline::never(); ///< ends it with Error(timed_out)
    std::source_location where = std::source_location::current();
};

namespace detail {

/// The workers of a pool.
std::size_t workers_of(const PoolCore& pool) noexcept;

/// Blocks until it is done, telling the pool's sink every 10 s that it still waits.
void wait_reminding(FutureState& state);

} // namespace detail

template <class F, std::ranges::input_range View>
    requires std::ranges::view<View>
class Mapped {
    using Item = std::ranges::range_value_t<View>;
    static constexpr bool takes_stop = std::is_invocable_v<F&, std::stop_token, Item>;
    using Returned = typename std::conditional_t<takes_stop, std::invoke_result<F&, std::stop_token, Item>,
                                                 std::invoke_result<F&, Item>>::type;

public:
    /// What the function returns; std::monostate for void.
    using Result = detail::Kept<std::decay_t<Returned>>;

    Mapped(std::shared_ptr<detail::PoolCore> pool, F f, View range, MapOptions options)
        : pool_(std::move(pool)), f_(std::make_shared<F>(std::move(f))), range_(std::move(range)),
          options_(std::move(options)) {
        if (options_.window == 0) options_.window = 2 * detail::workers_of(*pool_);
    }
    Mapped(const Mapped&) = delete;
    Mapped& operator=(const Mapped&) = delete;
    ~Mapped() {
        if (!window_.empty() && !window_.front().valid()) window_.pop_front(); // its error is on its way
        for (auto& future : window_) future.cancel();
        for (auto& future : window_) detail::wait_reminding(*std::move(future).take_state());
    }

    class Iterator {
    public:
        using value_type = Result;
        using difference_type = std::ptrdiff_t;
        using iterator_concept = std::input_iterator_tag;

        Iterator() = default;
        explicit Iterator(Mapped& mapped) : mapped_(&mapped) {}
        Result& operator*() const { return *mapped_->current_; }
        /// Blocks for the next result.
        Iterator& operator++() {
            mapped_->next();
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const { return !mapped_->current_; }

    private:
        Mapped* mapped_ = nullptr;
    };

    /// Begins the work and blocks for the first result. REQUIRES: called once.
    Iterator begin() {
        at_ = std::ranges::begin(range_);
        next();
        return Iterator(*this);
    }
    std::default_sentinel_t end() const noexcept { return {}; }

private:
    void next() {
        current_.reset();
        while (window_.size() < options_.window && *at_ != std::ranges::end(range_)) {
            window_.push_back(submit_one(Item(detail::element<View>(*at_))));
            ++*at_;
        }
        if (window_.empty()) return;
        // Before it is taken off: an error, or a stop, leaves the others to the destructor.
        if constexpr (std::is_void_v<Returned>) {
            window_.front().get(options_.stop, options_.deadline);
            current_.emplace();
        } else {
            current_.emplace(window_.front().get(options_.stop, options_.deadline));
        }
        window_.pop_front();
    }
    auto submit_one(Item item) {
        // The function is shared, not copied: it may hold a cache, or what cannot be copied.
        auto call = [f = f_](auto&&... arguments) -> Returned {
            return std::invoke(*f, std::forward<decltype(arguments)>(arguments)...);
        };
        const TaskOptions options{
            .name = options_.name, .priority = options_.priority, .where = options_.where};
        if constexpr (takes_stop)
            return detail::submit_call(
                pool_, options,
                detail::bind_call([call](const std::stop_token& stop,
                                         Item value) -> Returned { return call(stop, std::move(value)); },
                                  std::move(item)));
        else
            return detail::submit_call(
                pool_, options,
                detail::bind_call([call](Item value) -> Returned { return call(std::move(value)); },
                                  std::move(item)));
    }

    const std::shared_ptr<detail::PoolCore> pool_;
    const std::shared_ptr<F> f_; // shared with the tasks
    View range_;
    MapOptions options_;
    std::optional<std::ranges::iterator_t<View>> at_;
    std::deque<Future<std::decay_t<Returned>>> window_;
    std::optional<Result> current_;
};

namespace detail {

template <class F, class Range>
auto map_over(const std::shared_ptr<PoolCore>& pool, F&& f, Range&& range, MapOptions options) {
    using View = std::views::all_t<Range>;
    return Mapped<std::decay_t<F>, View>(pool, std::forward<F>(f),
                                         std::views::all(std::forward<Range>(range)), std::move(options));
}

} // namespace detail
} // namespace offstage

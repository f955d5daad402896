// What a pool runs: a function with its arguments, a name, a priority and the place where it was submitted.
//
//   TaskOptions    what a caller may say about a task
//   detail::Call   a function with its arguments, called once, with a stop token where it takes one
//   detail::Work   any callable behind one type; no allocation for what fits its room, 40 bytes
//   detail::Task   a Work with its name and place: what lies in a pool's queue
//
// Values, move-only, for one thread at a time.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <source_location>
#include <stop_token>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace offstage {

/// Tasks of a higher priority start first; within one priority in the order in which they came.
enum class Priority : std::uint8_t { high, normal, low };

struct TaskOptions {
    std::string name = {}; ///< told in errors, reports and snapshots
    Priority priority = Priority::normal;
    bool blocking = false; ///< waits for something outside Offstage (a disk, a server): the pool may run one
                           ///< thread more meanwhile
    std::source_location where = std::source_location::current();
};

namespace detail {

template <class F>
concept NotOptions = !std::same_as<std::remove_cvref_t<F>, TaskOptions>;

/// A function with its arguments, called once. A function that can take a std::stop_token before its
/// arguments is given one.
template <class F, class... Args>
class Call {
public:
    static constexpr bool takes_stop = std::is_invocable_v<F, std::stop_token, Args...>;
    static_assert(takes_stop || std::is_invocable_v<F, Args...>,
                  "the function cannot be called with these arguments");
    using Returned = typename std::conditional_t<takes_stop, std::invoke_result<F, std::stop_token, Args...>,
                                                 std::invoke_result<F, Args...>>::type;
    using Result = std::decay_t<Returned>;

    template <class G, class... Given>
    explicit Call(std::in_place_t, G&& f, Given&&... args)
        : f_(std::forward<G>(f)), args_(std::forward<Given>(args)...) {}

    Returned operator()([[maybe_unused]] const std::stop_token& stop) {
        return std::apply(
            [&](Args&... args) -> Returned {
                if constexpr (takes_stop)
                    return std::invoke(std::move(f_), stop, std::move(args)...);
                else
                    return std::invoke(std::move(f_), std::move(args)...);
            },
            args_);
    }

private:
    F f_;
    std::tuple<Args...> args_;
};

template <class F, class... Args>
auto bind_call(F&& f, Args&&... args) {
    return Call<std::decay_t<F>, std::decay_t<Args>...>(std::in_place, std::forward<F>(f),
                                                        std::forward<Args>(args)...);
}

/// Stands for an argument that was not given. A pack cannot be followed by a source_location that is filled
/// in at the call; four arguments with this default can.
struct None {};
template <class T>
inline constexpr bool given = !std::same_as<std::remove_cvref_t<T>, None>;

template <class F, class A, class B, class C, class D>
auto bind_given(F&& f, A&& a, B&& b, C&& c, D&& d) {
    if constexpr (given<D>)
        return bind_call(std::forward<F>(f), std::forward<A>(a), std::forward<B>(b), std::forward<C>(c),
                         std::forward<D>(d));
    else if constexpr (given<C>)
        return bind_call(std::forward<F>(f), std::forward<A>(a), std::forward<B>(b), std::forward<C>(c));
    else if constexpr (given<B>)
        return bind_call(std::forward<F>(f), std::forward<A>(a), std::forward<B>(b));
    else if constexpr (given<A>)
        return bind_call(std::forward<F>(f), std::forward<A>(a));
    else
        return bind_call(std::forward<F>(f));
}

/// A callable `void(const std::stop_token&)`, kept in place where it fits and moves without throwing, else
/// on the heap. Destroying one that was never called is allowed; what that means is the callable's business.
template <std::size_t room>
class WorkOf {
public:
    WorkOf() noexcept = default;

    template <class F>
        requires(!std::same_as<std::remove_cvref_t<F>, WorkOf>)
    explicit WorkOf(F&& f) {
        using Kept = std::decay_t<F>;
        if constexpr (fits<Kept>) {
            ::new (static_cast<void*>(room_)) Kept(std::forward<F>(f));
            ops_ = &in_place_ops<Kept>;
        } else {
            ::new (static_cast<void*>(room_)) Boxed<Kept>{std::make_unique<Kept>(std::forward<F>(f))};
            ops_ = &in_place_ops<Boxed<Kept>>;
        }
    }
    WorkOf(WorkOf&& other) noexcept { take(other); }
    WorkOf& operator=(WorkOf&& other) noexcept {
        if (this != &other) {
            reset();
            take(other);
        }
        return *this;
    }
    ~WorkOf() { reset(); }

    explicit operator bool() const noexcept { return ops_ != nullptr; }
    /// REQUIRES: not empty.
    void operator()(const std::stop_token& stop) { ops_->call(room_, stop); }
    /// What it holds, if that is an F in place.
    template <class F>
    const F* target() const noexcept {
        return ops_ == &in_place_ops<F> ? reinterpret_cast<const F*>(room_) : nullptr;
    }
    void reset() noexcept {
        if (ops_ != nullptr) {
            if (ops_->destroy != nullptr) ops_->destroy(room_);
            ops_ = nullptr;
        }
    }

private:
    struct Ops {
        void (*call)(void*, const std::stop_token&);
        void (*relocate)(void* from, void* to) noexcept; // null: copy the bytes
        void (*destroy)(void*) noexcept;                 // null: nothing to do
    };

    template <class F>
    struct Boxed {
        std::unique_ptr<F> inner;
        void operator()(const std::stop_token& stop) { (*inner)(stop); }
    };

    template <class F>
    static constexpr bool fits =
        sizeof(F) <= room && alignof(F) <= alignof(void*) && std::is_nothrow_move_constructible_v<F>;
    template <class F>
    static constexpr bool plain = std::is_trivially_copyable_v<F> && std::is_trivially_destructible_v<F>;

    template <class F>
    static void call(void* at, const std::stop_token& stop) {
        (*static_cast<F*>(at))(stop);
    }
    template <class F>
    static void relocate(void* from, void* to) noexcept {
        F& old = *static_cast<F*>(from);
        ::new (to) F(std::move(old));
        old.~F(); // NOLINT(bugprone-use-after-move): what is left of it
    }
    template <class F>
    static void destroy(void* at) noexcept {
        static_cast<F*>(at)->~F();
    }
    template <class F>
    static constexpr Ops in_place_ops = {&call<F>, plain<F> ? nullptr : &relocate<F>,
                                         plain<F> ? nullptr : &destroy<F>};

    void take(WorkOf& other) noexcept {
        ops_ = std::exchange(other.ops_, nullptr);
        if (ops_ == nullptr) return;
        if (ops_->relocate == nullptr)
            std::memcpy(room_, other.room_, room);
        else
            ops_->relocate(other.room_, room_);
    }

    const Ops* ops_ = nullptr;
    alignas(void*) std::byte room_[room];
};

using Work = WorkOf<40>;

/// What lies in a queue: one cache line.
struct Task {
    Work work;
    std::source_location where;
    std::unique_ptr<const std::string> name; // null where it has none, as most have
};
static_assert(sizeof(Task) == 64);

inline std::unique_ptr<const std::string> keep_name(std::string name) {
    return name.empty() ? nullptr : std::make_unique<const std::string>(std::move(name));
}

} // namespace detail
} // namespace offstage

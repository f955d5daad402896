// offstage_cpython: sync's classes for Python, as thin as can be. What Python expects beyond them (repr,
// ValueError for a negative timeout, `with`) is added in Python, in primitives.py; what is tested is here.
//
// The interpreter's lock is let go during every call that may wait or take a mutex, and only ever taken after
// ours. So the two cannot be taken in both orders.
#include "offstage/base/error.hpp"
#include "offstage/sync/barrier.hpp"
#include "offstage/sync/bounded_queue.hpp"
#include "offstage/sync/condition.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sync/lifo_queue.hpp"
#include "offstage/sync/mutex.hpp"
#include "offstage/sync/priority_queue.hpp"
#include "offstage/sync/recursive_mutex.hpp"
#include "offstage/sync/semaphore.hpp"
#include "offstage/sys/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <pybind11/functional.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

namespace py = pybind11;

namespace {

using namespace offstage;
using Unlocked = py::call_guard<py::gil_scoped_release>;

/// Seconds from now; none is for ever.
Deadline until(std::optional<double> seconds) {
    if (!seconds) return Deadline::never();
    if (*seconds <= 0) return Deadline::past();
    return sys::deadline_after(
        std::chrono::ceil<std::chrono::nanoseconds>(std::chrono::duration<double>(*seconds)));
}

/// A Python object that may be moved and, when it was moved from, destroyed without the interpreter's lock.
class Item {
public:
    explicit Item(py::handle object) noexcept : object_(object.inc_ref().ptr()) {}
    Item(Item&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Item& operator=(Item&& other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Item() {
        if (object_ == nullptr) return;
        const py::gil_scoped_acquire locked;
        Py_DECREF(object_);
    }
    /// Gives it to Python. With the interpreter's lock.
    py::object release() noexcept {
        return py::reinterpret_steal<py::object>(std::exchange(object_, nullptr));
    }

    friend bool operator<(const Item& a, const Item& b) noexcept {
        const py::gil_scoped_acquire locked;
        const int less = PyObject_RichCompareBool(a.object_, b.object_, Py_LT);
        if (less < 0) PyErr_Clear();
        return less > 0;
    }

private:
    PyObject* object_;
};

/// Condition waits for predicates; Python's for notifications. Here each waiter has a ticket, and its
/// predicate is that its ticket was called.
class NotificationList {
public:
    std::uint64_t enlist() {
        const sys::MutexLock lock(mutex_);
        waiting_.push_back(next_);
        return next_++;
    }
    bool wait(std::uint64_t ticket, std::optional<double> seconds) {
        sys::MutexLock lock(mutex_);
        const bool called =
            condition_.wait(
                lock, [&] { return called_.contains(ticket); }, {}, until(seconds)) == WaitStatus::ok;
        if (called)
            called_.erase(ticket);
        else
            std::erase(waiting_, ticket);
        return called;
    }
    void notify(std::size_t count) {
        const sys::MutexLock lock(mutex_);
        for (; count > 0 && !waiting_.empty(); --count) {
            called_.insert(waiting_.front());
            waiting_.pop_front();
        }
        condition_.notify_all();
    }

private:
    sys::Mutex mutex_;
    Condition condition_;
    std::uint64_t next_ = 0;
    std::deque<std::uint64_t> waiting_;
    std::set<std::uint64_t> called_;
};

template <class Lock>
void bind_lock(py::module_& module, const char* name) {
    py::class_<Lock>(module, name)
        .def(py::init<>())
        .def(
            "acquire",
            [](Lock& lock, std::optional<double> seconds) {
                return lock.lock({}, until(seconds)) == WaitStatus::ok;
            },
            Unlocked())
        .def("release", &Lock::unlock, Unlocked())
        .def("locked", [](const Lock& lock) { return lock.owner() != 0; })
        .def("owned", [](const Lock& lock) { return lock.owner() == sys::this_thread_id(); });
}

// Lambdas rather than member pointers: pybind11 does not see that an inherited noexcept member is one of the
// class's.
template <class Semaphore>
void bind_semaphore(py::module_& module, const char* name) {
    py::class_<Semaphore>(module, name)
        .def(py::init<std::size_t>())
        .def(
            "acquire",
            [](Semaphore& semaphore, std::optional<double> seconds) {
                return semaphore.acquire({}, until(seconds)) == WaitStatus::ok;
            },
            Unlocked())
        .def(
            "release", [](Semaphore& semaphore, std::size_t count) { semaphore.release(count); }, Unlocked())
        .def("available", [](const Semaphore& semaphore) { return semaphore.available(); }, Unlocked());
}

/// (status, value): the value when the status is "ok".
template <class Queue>
std::pair<std::string, py::object> pop(Queue& queue, std::optional<double> seconds) {
    auto popped = [&] {
        const py::gil_scoped_release unlocked;
        return queue.pop({}, until(seconds));
    }();
    return {std::string(to_string(popped.status())), popped ? popped->release() : py::none()};
}

template <class Queue>
std::string push(Queue& queue, py::handle object, std::optional<double> seconds) {
    Item item(object);
    const py::gil_scoped_release unlocked;
    return std::string(to_string(queue.push(std::move(item), {}, until(seconds))));
}

template <class Queue>
void bind_queue(py::module_& module, const char* name) {
    py::class_<Queue>(module, name)
        .def(py::init<std::size_t>())
        .def("push", &push<Queue>)
        .def("pop", &pop<Queue>)
        .def(
            "size", [](const Queue& queue) { return queue.size(); }, Unlocked())
        .def(
            "close", [](Queue& queue) { queue.close(); }, Unlocked())
        .def(
            "task_done", [](Queue& queue) { queue.task_done(); }, Unlocked())
        .def(
            "join",
            [](Queue& queue, std::optional<double> seconds) {
                return std::string(to_string(queue.join({}, until(seconds))));
            },
            Unlocked());
}

/// An action that comes back to the interpreter.
std::function<void()> with_interpreter(py::object action) {
    if (action.is_none()) return {};
    auto shared = std::make_shared<Item>(action);
    return [shared, raw = action.ptr()] {
        const py::gil_scoped_acquire locked;
        py::reinterpret_borrow<py::object>(raw)();
    };
}

} // namespace

PYBIND11_MODULE(offstage_cpython, module) {
    py::register_exception<Error>(module, "Error");

    bind_lock<Mutex>(module, "Mutex");
    bind_lock<RecursiveMutex>(module, "RecursiveMutex");
    bind_semaphore<Semaphore>(module, "Semaphore");
    bind_semaphore<BoundedSemaphore>(module, "BoundedSemaphore");
    bind_queue<BoundedQueue<Item>>(module, "BoundedQueue");
    bind_queue<LifoQueue<Item>>(module, "LifoQueue");
    bind_queue<PriorityQueue<Item>>(module, "PriorityQueue");

    py::class_<Event>(module, "Event")
        .def(py::init<>())
        .def("set", &Event::set, Unlocked())
        .def("clear", &Event::clear, Unlocked())
        .def("is_set", &Event::is_set, Unlocked())
        .def(
            "wait",
            [](Event& event, std::optional<double> seconds) {
                return event.wait({}, until(seconds)) == WaitStatus::ok;
            },
            Unlocked());

    py::class_<NotificationList>(module, "NotificationList")
        .def(py::init<>())
        .def("enlist", &NotificationList::enlist, Unlocked())
        .def("wait", &NotificationList::wait, Unlocked())
        .def("notify", &NotificationList::notify, Unlocked());

    py::class_<Barrier>(module, "Barrier")
        .def(py::init([](std::size_t parties, py::object action) {
            return std::make_unique<Barrier>(parties, with_interpreter(std::move(action)));
        }))
        .def(
            "wait",
            [](Barrier& barrier, std::optional<double> seconds) -> std::optional<std::size_t> {
                const auto number = barrier.arrive_and_wait({}, until(seconds));
                return number ? std::optional(*number) : std::nullopt;
            },
            Unlocked())
        .def("abort", &Barrier::abort, Unlocked())
        .def("reset", &Barrier::reset, Unlocked())
        .def("parties", &Barrier::parties)
        .def("waiting", &Barrier::waiting, Unlocked())
        .def("is_broken", &Barrier::is_broken, Unlocked());
}

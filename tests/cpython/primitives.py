"""Offstage's primitives in the shape of Python's threading and queue: names, argument checks and reprs, no logic.

What waits, wakes, counts and orders is the C++ of offstage/sync, by way of offstage_cpython.
"""
import threading
from queue import Empty, Full

import offstage_cpython as core

UNBOUNDED = 1_000_000  # there is no unbounded queue here: this many stand for "no limit"


def _seconds(blocking, timeout, forever=-1):
    """The seconds to wait (None: for ever), after the checks that threading makes."""
    if not blocking:
        if timeout is not None and timeout != forever:
            raise ValueError("can't specify a timeout for a non-blocking call")
        return 0
    if timeout is None or timeout == forever:
        return None
    if timeout < 0:
        raise ValueError("timeout value must be a non-negative number")
    if timeout > threading.TIMEOUT_MAX:
        raise OverflowError("timeout value is too large")
    return timeout


class _Lock:
    """A lock over `_core`, which has acquire(seconds) and release()."""

    def acquire(self, blocking=True, timeout=-1):
        return self._core.acquire(_seconds(blocking, timeout))

    def release(self):
        try:
            self._core.release()
        except core.Error as error:
            raise RuntimeError(str(error)) from None

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *_):
        self.release()

    def __repr__(self):
        state = "locked" if self.locked() else "unlocked"
        return f"<{state} {type(self).__name__} object at {id(self):#x}>"


class Lock(_Lock):
    """threading.Lock may be released by another thread than the one that took it: that is a semaphore of one."""

    def __init__(self):
        self._core = core.BoundedSemaphore(1)

    def locked(self):
        return self._core.available() == 0

    def release(self):
        try:
            self._core.release(1)
        except core.Error as error:
            raise RuntimeError(str(error)) from None


class FairLock(_Lock):
    """offstage::Mutex, which only its owner may release and which says so when it is locked twice."""

    def __init__(self):
        self._core = core.Mutex()

    def locked(self):
        return self._core.locked()


class RLock(_Lock):
    def __init__(self):
        self._core = core.RecursiveMutex()

    def locked(self):
        return self._core.locked()

    def _is_owned(self):
        return self._core.owned()


class Event:
    def __init__(self):
        self._core = core.Event()
        self.set, self.clear, self.is_set = self._core.set, self._core.clear, self._core.is_set

    def wait(self, timeout=None):
        return self._core.wait(timeout)

    def __repr__(self):
        return f"<threading.Event at {id(self):#x}: {'set' if self.is_set() else 'unset'}>"


class Condition:
    """Python's condition waits for a notification, with any lock; ours waits for a predicate (see NotificationList)."""

    def __init__(self, lock=None):
        self._lock = lock if lock is not None else RLock()
        self._core = core.NotificationList()
        self.acquire, self.release = self._lock.acquire, self._lock.release

    def __enter__(self):
        return self._lock.__enter__()

    def __exit__(self, *args):
        return self._lock.__exit__(*args)

    def _check_owned(self):
        if isinstance(self._lock, RLock):
            owned = self._lock._is_owned()
        else:
            owned = not self._lock.acquire(False)
            if not owned:
                self._lock.release()
        if not owned:
            raise RuntimeError("cannot wait or notify on an un-acquired lock")

    def wait(self, timeout=None):
        self._check_owned()
        ticket = self._core.enlist()
        times = 0
        if isinstance(self._lock, RLock):
            while self._lock._is_owned():
                self._lock.release()
                times += 1
        else:
            self._lock.release()
            times = 1
        try:
            return self._core.wait(ticket, timeout)
        finally:
            for _ in range(times):
                self._lock.acquire()

    def wait_for(self, predicate, timeout=None):
        import time
        end = None if timeout is None else time.monotonic() + timeout
        while not (result := predicate()):
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                break
            self.wait(left)
        return result

    def notify(self, n=1):
        self._check_owned()
        self._core.notify(n)

    def notify_all(self):
        self.notify(1_000_000)


class Semaphore:
    _core_type = core.Semaphore

    def __init__(self, value=1):
        if value < 0:
            raise ValueError("semaphore initial value must be >= 0")
        self._initial = value
        self._core = self._core_type(value)

    def acquire(self, blocking=True, timeout=None):
        return self._core.acquire(_seconds(blocking, timeout, None))

    def release(self, n=1):
        try:
            self._core.release(n)
        except core.Error as error:
            raise ValueError(str(error)) from None

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *_):
        self.release()

    def __repr__(self):
        return f"<threading.{type(self).__name__} at {id(self):#x}: value={self._core.available()}>"


class BoundedSemaphore(Semaphore):
    _core_type = core.BoundedSemaphore

    def __repr__(self):
        return f"{super().__repr__()[:-1]}/{self._initial}>"


class Barrier:
    def __init__(self, parties, action=None, timeout=None):
        self._core = core.Barrier(parties, action)
        self._timeout = timeout
        self.abort, self.reset = self._core.abort, self._core.reset

    def wait(self, timeout=None):
        number = self._core.wait(self._timeout if timeout is None else timeout)
        if number is None:
            raise threading.BrokenBarrierError
        return number

    parties = property(lambda self: self._core.parties())
    n_waiting = property(lambda self: self._core.waiting())
    broken = property(lambda self: self._core.is_broken())

    def __repr__(self):
        state = "broken" if self.broken else f"waiters={self.n_waiting}/{self.parties}"
        return f"<threading.Barrier at {id(self):#x}: {state}>"


class Queue:
    _core_type = core.BoundedQueue

    def __init__(self, maxsize=0):
        self.maxsize = maxsize
        self._core = self._core_type(maxsize if maxsize > 0 else UNBOUNDED)

    def put(self, item, block=True, timeout=None):
        if self._core.push(item, _seconds(block, timeout if block else None, None)) != "ok":
            raise Full

    def get(self, block=True, timeout=None):
        status, item = self._core.pop(_seconds(block, timeout if block else None, None))
        if status != "ok":
            raise Empty
        return item

    def put_nowait(self, item):
        self.put(item, False)

    def get_nowait(self):
        return self.get(False)

    def task_done(self):
        try:
            self._core.task_done()
        except core.Error as error:
            raise ValueError(str(error)) from None

    def join(self):
        self._core.join(None)

    def qsize(self):
        return self._core.size()

    def empty(self):
        return self.qsize() == 0

    def full(self):
        return 0 < self.maxsize <= self.qsize()


class LifoQueue(Queue):
    _core_type = core.LifoQueue


class PriorityQueue(Queue):
    _core_type = core.PriorityQueue

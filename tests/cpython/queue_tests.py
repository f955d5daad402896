"""Runs CPython's own test.test_queue against Offstage's queues.

usage: queue_tests.py FOLDER_OF_THE_EXTENSION

Every case runs save those left out below, each for the reason beside it. SimpleQueue's cases run against a
BoundedQueue too large to fill up.
"""
import unittest

import suite  # first: it finds the extension
import primitives
from test import test_queue

SHRINKING = "sets the attribute maxsize of a living queue; a capacity is fixed here"
LEFT_OUT = {
    "QueueTest.test_shrinking_queue": SHRINKING,
    "LifoQueueTest.test_shrinking_queue": SHRINKING,
    "PriorityQueueTest.test_shrinking_queue": SHRINKING,
    "FailingQueueTest.test_failing_queue": "overrides _put and _get, which are hooks of Python's implementation",
    "SimpleQueueTest.test_is_default": "asks which class the module `queue` exports",
    "SimpleQueueTest.test_reentrancy": "puts, from the garbage collector, into the queue that is being put into: no collector "
    "runs in a queue here, and its mutex is not recursive",
}


class QueueTest(test_queue.QueueTest, unittest.TestCase):
    queue = primitives


class LifoQueueTest(test_queue.LifoQueueTest, unittest.TestCase):
    queue = primitives


class PriorityQueueTest(test_queue.PriorityQueueTest, unittest.TestCase):
    queue = primitives


class FailingQueueTest(test_queue.FailingQueueTest, unittest.TestCase):
    queue = primitives


class SimpleQueueTest(test_queue.CSimpleQueueTest):
    queue = primitives

    def setUp(self):
        self.type2test = primitives.Queue
        test_queue.BaseSimpleQueueTest.setUp(self)


if __name__ == "__main__":
    suite.main(globals(), LEFT_OUT)

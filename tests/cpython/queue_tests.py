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
}
# Whole classes of test_queue that are not taken over:
#   FailingQueueTest      overrides _put and _get, which are hooks of Python's implementation
#   CSimpleQueueTest      test_is_default asks which class `queue` exports; test_reentrancy puts, from the garbage
#                         collector, into the queue that is being put into: a queue without a bound that is private to C


class QueueTest(test_queue.QueueTest, unittest.TestCase):
    queue = primitives


class LifoQueueTest(test_queue.LifoQueueTest, unittest.TestCase):
    queue = primitives


class PriorityQueueTest(test_queue.PriorityQueueTest, unittest.TestCase):
    queue = primitives


class LargeQueueTest(test_queue.BaseSimpleQueueTest, unittest.TestCase):
    queue = primitives
    type2test = primitives.Queue


if __name__ == "__main__":
    suite.main(globals(), LEFT_OUT)

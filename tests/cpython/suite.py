"""What the two suites share: where the extension is, and how a case is left out."""
import sys
import unittest
from pathlib import Path

sys.path[:0] = [sys.argv.pop(1), str(Path(__file__).parent)]


def main(namespace, left_out):
    """Runs the cases in `namespace`; those in `left_out` are skipped with their reason."""
    for name, reason in left_out.items():
        case, method = name.split(".")
        setattr(namespace[case], method, unittest.skip(reason)(getattr(namespace[case], method)))
    unittest.main(verbosity=2)

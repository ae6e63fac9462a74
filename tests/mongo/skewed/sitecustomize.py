"""First on the path of a hub process, this gives it a clock that is wrong by HUB_TEST_SKEW seconds, and its children, too.

Python imports a module of this name before anything else. Only the wall clock is moved, and only for this process.
"""

import os
import time

_right = time.time_ns
_skew = int(os.environ.get("HUB_TEST_SKEW", "0")) * 1_000_000_000


def _wrong() -> int:
    return _right() + _skew


time.time_ns = _wrong

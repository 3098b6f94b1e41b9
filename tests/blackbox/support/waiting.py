"""Waiting for conditions: no test sleeps for a fixed time."""

import time

PATIENCE = 20.0  # seconds until a condition that never comes fails the test


def wait_until(condition, what="the condition", timeout=PATIENCE):
    """Returns the first true value of `condition()`; AssertionError when the time is up."""
    until = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"waited {timeout} s in vain for {what}")
        time.sleep(0.005)

"""Limits shared through Redis."""

from .config import single


def shared(url, redis, per_second, strategy="sliding-window", **more):
    return single(url, timeout=20000, rateLimit={
        "maxRequestsPerSecond": per_second, "maxRequestsPerMinute": 10000, "keyPrefix": "shop-test",
        "distributed": {"redis": {"host": "127.0.0.1", "port": redis.port},
                        "strategy": strategy},
        **more})


def most_in(times, length):
    """The most arrivals in any window of that length."""
    first = most = 0
    for last, at in enumerate(times):
        while times[first] <= at - length:
            first += 1
        most = max(most, last - first + 1)
    return most

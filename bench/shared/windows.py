"""What a series of moments says about a limit."""

import struct


def most_above(times, limit, window):
    """How many admissions had `limit` others in the window before them: 0 where it was kept."""
    return sum(1 for i in range(limit, len(times)) if times[i] - times[i - limit] < window)


def shortest_span(times, limit):
    """The least time that `limit + 1` admissions took: a window that long was exceeded."""
    return min((times[i] - times[i - limit] for i in range(limit, len(times))), default=None)


def bucket_lead(times, burst, per_second):
    """By how many seconds the series is ahead of a bucket of `burst` refilled evenly: 0 or less
    where it was kept. The bucket is full at the first."""
    step, due, lead = 1 / per_second, times[0] if times else 0, float("-inf")
    for at in times:
        lead = max(lead, due - (burst - 1) * step - at)
        due = max(due, at) + step
    return lead


def charges(value):
    """The charges in the value of a budget of sliding windows, in seconds of Redis's clock."""
    if value[:4] != b"SyR1" or value[4:5] != b"w" or value[5] != 0:
        raise ValueError("not a log of charges")
    numbers = struct.unpack_from("<15d", value, 8)
    alloc, head, count = (int(numbers[i]) for i in (7, 8, 9))
    log = 128
    ring = [(head - count + i) % alloc for i in range(count)]
    return [struct.unpack_from("<d", value, log + 8 * i)[0] / 1e6 for i in ring]

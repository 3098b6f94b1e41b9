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


def above_bucket(grants, burst, per_second):
    """How many grants are certainly ahead of a bucket of `burst` that is refilled evenly: 0 where
    the limit was kept. Each is (earliest, latest, permits), in seconds: what was granted from one
    on to another lies between the earliest of the one and the latest of all of them. A hundredth
    of a permit is for moments that were rounded to microseconds."""
    before, until, begin, above = 0, float("-inf"), float("-inf"), 0
    for earliest, latest, permits in sorted(grants):
        until = max(until, latest)
        begin = max(begin, per_second * earliest - before)
        before += permits
        above += before + begin > burst + per_second * until + 0.01
    return above


MAGIC = b"SyR2"  # of the state that rate_state.lua describes


def charges(value):
    """The charges in the value of a budget of sliding windows, in seconds of Redis's clock."""
    if value[:4] != MAGIC or value[4:5] != b"w":
        raise ValueError("not a log of charges")
    blocks = value[5]
    numbers = struct.unpack_from("<13d", value, 8)
    alloc, head, count = (int(numbers[i]) for i in (5, 6, 7))
    log = 112 + blocks * (48 + 16384)
    ring = [(head - count + i) % alloc for i in range(count)]
    return [struct.unpack_from("<d", value, log + 8 * i)[0] / 1e6 for i in ring]


def joined(before, newer):
    """One history from two looks at a log that forgets its oldest and takes back its newest."""
    if not newer or not before:
        return newer or before
    same = max(before.count(newer[0]), newer.count(newer[0]))
    later = [at for at in newer if at > newer[0]]
    return [at for at in before if at < newer[0]] + [newer[0]] * same + later

#!/usr/bin/env python3
"""Draws docs/plots from real runs: what an API sees of a limit, by strategy, and of a shared one.

Needs the build of the `bench` preset: make bench, or
    cmake --preset bench && cmake --build --preset bench --target shared_caller shared_upstream
"""

import argparse
import bisect
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench" / "shared"))
sys.dont_write_bytecode = True

import measure
import svg_plot
from redis import Redis

STRATEGY_SECONDS, SHARED_SECONDS = 5, 8
KILLED, STARTED = 4, 5  # later than the 3 s in which instances have counted each other


def arrivals_of(build, count, seconds, redis=None, during=lambda: None, **words):
    """Seconds since the first call at which the API saw calls."""
    port_of = {"redis": redis.port} if redis else {}
    with measure.upstream(build) as (port, arrivals):
        started = measure.callers(build, count, seconds, upstream=port, **port_of, **words)
        during()
        for process in started:
            process.communicate()
        times = arrivals()
    return [at - times[0] for at in times]


def cumulative(times):
    return [(0, 0), *((at, i + 1) for i, at in enumerate(times))]


def in_last_second(times, end):
    """How many arrived in the second before, each hundredth of a second."""
    points = []
    for step in range(int(end * 100)):
        at = step / 100
        points.append((at, bisect.bisect_right(times, at) - bisect.bisect_right(times, at - 1)))
    return points


def strategies(build):
    chart = svg_plot.Chart("10 calls per second, all called for at once: calls the API has seen",
                           "seconds", "calls")
    for strategy in ("sliding-window", "token-bucket", "leaky-bucket"):
        times = arrivals_of(build, 1, STRATEGY_SECONDS, strategy=strategy, per_second=10,
                            per_minute=600, rate=50,
                            burst=10 if strategy == "token-bucket" else 0)
        chart.add(strategy, cumulative(times), steps=True)
    return chart.svg()


def shared(build):
    def outage():
        time.sleep(KILLED)
        redis.kill()
        time.sleep(STARTED - KILLED)
        redis.start()

    with Redis(measure.REDIS_CPU) as redis:
        times = arrivals_of(build, 4, SHARED_SECONDS, redis, outage, per_second=100,
                            per_minute=60_000, rate=75, queue=200)
    chart = svg_plot.Chart("4 processes share 100 calls per second; Redis is killed for a second",
                           "seconds", "calls in the second before")
    chart.add("calls the API has seen", in_last_second(times, SHARED_SECONDS))
    chart.limit("limit", [(0, 100), (SHARED_SECONDS, 100)])
    chart.mark("no Redis: each keeps to a quarter", KILLED, STARTED)
    return chart.svg()


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "bench")
    options.add_argument("--output", type=pathlib.Path, default=ROOT / "docs" / "plots")
    given = options.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    for name, draw in (("strategies", strategies), ("shared", shared)):
        file = given.output / f"admissions-{name}.svg"
        file.write_text(draw(given.build.resolve()))
        print(f"wrote {file}")


if __name__ == "__main__":
    main()

"""Puts what single decisions take, by `bench_micro`, into docs/benchmarks.md."""

import datetime
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "shared")]

import record
from report import STRATEGIES, micro_times, row


def rows(micro):
    def of(names, text, goal):
        times = [micro[name][0] for name in names]
        allocations = max(micro[name][1].get("allocs", 0) for name in names)
        passed = max(times) <= goal and allocations < 0.001
        shown = " / ".join(f"{t:.1f}" for t in times)
        return row(text, f"{shown}, {allocations:g}", f"≤ {goal}, 0", passed)

    yield of([f"limiter_admit/{s}" for s in STRATEGIES],
             "rate limit of two levels: a permit, the clock read included: sliding window, token "
             "bucket, leaky bucket", 60)
    yield of([f"breaker_permit_and_record/{kind}" for kind in ("defaults", "share_and_latency")],
             "circuit breaker: a permit and its outcome: by consecutive failures, by share and "
             "latency", 40)
    yield of(["breaker_refusal"], "open circuit breaker: a refusal", 15)


def main():
    micro = micro_times(ROOT / "build" / "bench" / "results" / "bench_micro.json")
    if "breaker_refusal" not in micro:
        sys.exit("report: no results: run bench_micro first, as tools/run_bench.sh does")
    record.put_section(ROOT / "docs" / "benchmarks.md", "\n".join([
        "## Single decisions", "",
        f"Made by `bench_micro` on {datetime.date.today().isoformat()}: one thread, nobody else "
        "there, what is read and written in the nearest cache.", "",
        "| | ns, allocations | goal | |", "|---|---:|---:|---|", *rows(micro), ""]))


if __name__ == "__main__":
    main()

"""The section "Rate limits" of docs/benchmarks.md, and the plot of long queues."""

import datetime
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import svg_plot  # noqa: E402

TITLE = "## Rate limits"
STRATEGIES = ("sliding_window", "token_bucket", "leaky_bucket")
QUEUES = {"queue_enqueue_cancel": "one more, and one less in the middle",
          "queue_admit_enqueue": "the first is served, late, and one more"}


def row(what, value, goal="", passed=None):
    verdict = "" if passed is None else "pass" if passed else "**fail**"
    return f"| {what} | {value} | {goal} | {verdict} |"


def micro_times(file):
    """Medians in nanoseconds, and the counters, by name."""
    if not file.exists():
        return {}
    found = {}
    for run in json.loads(file.read_text())["benchmarks"]:
        if run.get("run_type") == "aggregate" and run["aggregate_name"] != "median":
            continue
        scale = {"ns": 1, "us": 1e3, "ms": 1e6}[run["time_unit"]]
        name = re.sub(r"/iterations:\d+|/manual_time|_median", "", run["name"])
        found.setdefault(name, []).append((run["real_time"] * scale, run))
    return {name: (statistics.median(t for t, _ in runs), runs[0][1])
            for name, runs in found.items()}


def local_rows(micro):
    def each(name, unit="{:.0f}"):
        return " / ".join(unit.format(micro[f"{name}/{s}"][0]) for s in STRATEGIES)

    if f"admit/{STRATEGIES[0]}" not in micro:
        return
    slowest = max(micro[f"admit/{s}"][0] for s in STRATEGIES)
    allocations = sum(micro[f"admit/{s}"][1].get("allocs", 0) for s in STRATEGIES)
    yield row("local admission, two levels, ns", each("admit"), "≤ 40", slowest <= 40)
    yield row("allocations of one", f"{allocations:g}", "0", allocations < 0.001)
    slowest = max(micro[f"admit_two_threads/{s}"][0] for s in STRATEGIES)
    yield row("the same, 2 threads on one limiter, ns", each("admit_two_threads"), "≤ 120",
              slowest <= 120)
    bytes_each = [micro[f"admit_among_keys/{s}/100000/0"][1]["bytes"] for s in STRATEGIES]
    yield row("100 000 keys: bytes each", " / ".join(f"{b:.0f}" for b in bytes_each), "≤ 256",
              max(bytes_each) <= 256)
    in_turn, in_no_order = ([micro[f"admit_among_keys/{s}/100000/{order}"][0] /
                             micro[f"admit_among_keys/{s}/1/{order}"][0] for s in STRATEGIES]
                            for order in (0, 1))
    yield row("100 000 keys in turn: time of an admission / of one key",
              " / ".join(f"{r:.1f}" for r in in_turn), "≤ 2", max(in_turn) <= 2)
    yield row("100 000 keys in no order: time of an admission / of one key",
              " / ".join(f"{r:.1f}" for r in in_no_order))
    read = micro["read_among_keys/100000"][0]
    beside_read = [micro[f"admit_among_keys/{s}/100000/1"][0] / read for s in STRATEGIES]
    yield row("… / of one read from as much memory in no order",
              " / ".join(f"{r:.1f}" for r in beside_read), "≤ 2", max(beside_read) <= 2)
    for name, text in QUEUES.items():
        times = [micro[f"{name}/{n}"][0] for n in (100, 100_000)]
        yield row(f"queue of 100 / 100 000: {text}, ns",
                  " / ".join(f"{t:.0f}" for t in times), "O(log n)", times[1] < 4 * times[0])


def ratio_row(what, rounds, goal):
    ratios = sorted(r["ours"] / r["peer"] for r in rounds)
    middle = statistics.median(ratios)
    digits = 0 if middle >= 20 else 2
    return row(what, f"{middle:.{digits}f} ({ratios[0]:.{digits}f} … {ratios[-1]:.{digits}f})",
               f"≥ {goal}", middle >= goal)


def shared_rows(results):
    for strategy, rounds in results.get("redisBenchmark", {}).items():
        yield ratio_row(f"decisions/s without leases / redis-benchmark, {strategy}", rounds, 0.9)
        server = statistics.median(r["redisMicros"] / r["redisMicrosPeer"] for r in rounds)
        yield row("… Redis's CPU per decision / per call of redis-benchmark", f"{server:.2f}")
    if "union" in results:
        yield ratio_row("decisions/s with leases / rate-limiter-flexible's union",
                        results["union"], 20)
    for name, seen in results.get("commands", {}).items():
        each = seen["commands"] / seen["admitted"]
        goal = 0.05 if name.startswith("with ") else 1.0
        yield row(f"Redis commands an admitted call, {name}", f"{each:.4f}", f"≤ {goal}",
                  each <= goal * 1.0005)
    for strategy, used in results.get("local", {}).items():
        yield row(f"share of 1000/s used at saturation, local, {strategy}", f"{used:.2%}",
                  "≥ 99 %", used >= 0.99)


def overload_rows(results):
    for seen in results.get("overload", []):
        name = (f"{seen['strategy']}, {seen['limit']}/s, "
                f"{'with' if seen['lease'] else 'without'} leases")
        if "overByStore" in seen:
            yield row(f"{name}: of {seen['charges']} admissions, those above the limit by Redis's "
                      "clock", seen["overByStore"], "0", seen["overByStore"] == 0)
        if "overByGrants" in seen:
            yield row(f"{name}: of {seen['granted']} admissions, those above the limit, each known "
                      f"to {seen['knownToMs']:.1f} ms (p99)", seen["overByGrants"], "0",
                      seen["overByGrants"] == 0)
        yield row(f"{name}: the API saw calls ahead of the limit by, ms", f"{seen['aheadMs']:.1f}")
        yield row(f"{name}: share of the limit used", f"{seen['used']:.2%}", "≥ 97 %",
                  seen["used"] >= 0.97)


def queue_plot(micro, file):
    chart = svg_plot.Chart("A queue of the local limiter: what one operation costs",
                           "callers waiting", "ns", log=True)
    sizes = (100, 1000, 10_000, 100_000)
    for name, text in QUEUES.items():
        points = [(n, micro[f"{name}/{n}"][0]) for n in sizes if f"{name}/{n}" in micro]
        if len(points) == len(sizes):
            chart.add(text, points)
    if len(chart.series) < len(QUEUES):
        return False
    chart.limit("if it were O(n)", [(100, 100), (100_000, 100_000)])
    file.parent.mkdir(exist_ok=True)
    file.write_text(chart.svg())
    return True


def conditions():
    told = subprocess.run(["redis-server", "--version"], capture_output=True, text=True, check=False)
    redis = re.search(r"v=(\S+)", told.stdout)
    return (f"Redis {redis[1] if redis else 'unknown'} on one of {os.cpu_count()} cores, callers on "
            "another")


def section(results, micro_file, plots=None):
    micro = micro_times(micro_file)
    rows = [*local_rows(micro), *shared_rows(results), *overload_rows(results)]
    seconds = results.get("seconds", {}).get("overload", 0)
    lines = [
        TITLE, "",
        f"Made by `bench/shared/run.sh` after `bench_micro`, on {datetime.date.today().isoformat()} "
        f"with {conditions()}. Three numbers are sliding window, token "
        "bucket and leaky bucket; ratios are medians of rounds in which both took turns, with the "
        "least and the greatest.", "",
        "| | measured | goal | |", "|---|---:|---:|---|", *rows, ""]
    if plots and queue_plot(micro, plots / "queue.svg"):
        lines += ["![What an operation on a long queue costs](plots/queue.svg)", ""]
    lines += [
        "- *Local*: `rate_limiter` with `now` at hand; a call reads the clock once for all its "
        "policies. A key counts its own memory after two admissions, history included.",
        "- *redis-benchmark*: the same `EVALSHA` with the same arguments, 32 in a pipeline on one "
        "connection, as many as a process of ours has under way at most.",
        "- *rate-limiter-flexible*: `RateLimiterUnion` of two `RateLimiterRedis` over ioredis with "
        "automatic pipelining, 32 callers.",
        "- *Keys in no order* wait for memory that is in no near cache, several times as long as the "
        "decision takes: no layout of a key makes that twice one key's time, since a single read of "
        "that kind takes longer. So the goal there is beside one such read, where each says which is "
        "the next.",
        "- *Saturation, local*: an even spacing counts from the moment of the last admission, so that "
        "what a thread is late is lost. For 0.5 to 10 ms it is woken early and stays awake for the "
        "rest.",
        f"- *Overload*: 4 processes call one API through HTTP at three times the limit for {seconds} "
        "s. Redis's clock is that of its own log of charges. Of buckets Redis keeps none: the moment of a "
        "grant lies between question and answer, and those are counted that are above the limit "
        "wherever all of them lay. What the API sees is blurred by the "
        "way there: *ahead by* is how much shorter than the window the shortest stretch was in "
        "which it saw one call too many, or how early a call was for an exact bucket.", ""]
    return "\n".join(lines)

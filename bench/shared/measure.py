"""Budgets shared through Redis: what a decision costs beside peers, and whether limits are kept."""

import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import record
import report
import windows
from redis import Redis, pin

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
QUICK = os.environ.get("BENCH_QUICK") == "1"
ROUNDS = 3 if QUICK else 7
SECONDS = int(os.environ.get("BENCH_SECONDS", 10 if QUICK else 60))
DECISIONS = 30_000 if QUICK else 100_000
IN_FLIGHT = 32  # claims of ours under way at once, pipelined commands of redis-benchmark
PROCESSES, OVERLOAD = 4, 3
MEASURED_CPU, REDIS_CPU = 0, 1


def program(build, name, cpu, **words):
    given = [f"{key.replace('_', '-')}={value}" for key, value in words.items()]
    return [*pin(cpu), str(build / "bench" / "shared" / name), *given]


def output(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stderr}")
    return done.stdout


def say(text):
    print(text, file=sys.stderr, flush=True)


# Large enough that every decision admits, as in the runs of redis-benchmark.
def decisions(build, redis, key, **words):
    return json.loads(output(program(build, "shared_decisions", MEASURED_CPU, redis=redis.port,
                                     key=key, **{"callers": IN_FLIGHT, **words})))


def redis_benchmark(redis, command):
    """The same script with the same arguments: calls a second."""
    script, count = command[1], str(DECISIONS)
    words = ["EVALSHA", script, *command[2:]]
    text = output([*pin(MEASURED_CPU), "redis-benchmark", "-p", str(redis.port), "-n", count, "-c",
                   "1", "-P", str(IN_FLIGHT), "-q", "--precision", "1", *words])
    return float(re.findall(r"([\d.]+) requests per second", text)[-1])


def beside_redis_benchmark(build):
    results = {}
    for strategy in ("sliding-window", "token-bucket", "leaky-bucket"):
        rounds = []
        limit = {"strategy": strategy, "per_second": 100_000, "lease": 0}
        if strategy == "leaky-bucket":  # evenly spaced: none must have to wait for its turn
            limit["per_second"], limit["per_minute"] = 10**9, 10**9
        with Redis(REDIS_CPU) as redis:
            command = redis.next_command(
                "EVALSHA", lambda: decisions(build, redis, "seen", decisions=2, warm_up=0, **limit))
            command = ["" if i == 11 else word for i, word in enumerate(command)]  # no instance
            for number in range(ROUNDS):
                before = redis.cpu_seconds()
                ours = decisions(build, redis, f"run{number}", decisions=DECISIONS, warm_up=100,
                                 **limit)
                between = redis.cpu_seconds()
                redis.ask("DEL", command[3])
                peer = redis_benchmark(redis, command)
                after = redis.cpu_seconds()
                rounds.append({"ours": ours["perSecond"], "peer": peer,
                               "cpuMicros": ours["cpuMicros"],
                               "redisMicros": (between - before) * 1e6 / (DECISIONS + 100),
                               "redisMicrosPeer": (after - between) * 1e6 / DECISIONS})
                say(f"{strategy}: {json.dumps(rounds[-1])}")
        results[strategy] = rounds
    return results


def beside_union(build):
    """With leases, beside rate-limiter-flexible."""
    node = ROOT / "bench" / "peers" / "node" / "union.js"
    rounds = []
    limit = {"per_second": 1_000_000_000, "per_minute": 1_000_000_000}
    with Redis(REDIS_CPU) as redis:
        for number in range(ROUNDS):
            ours = decisions(build, redis, f"run{number}", decisions=2_000_000, **limit)
            peer = json.loads(output([*pin(MEASURED_CPU), "node", str(node), str(redis.port),
                                      str(DECISIONS // 2), str(IN_FLIGHT), "6000"]))
            rounds.append({"ours": ours["perSecond"], "peer": peer["perSecond"]})
            say(f"with leases {ours['perSecond']:.0f}/s, union {peer['perSecond']:.0f}/s")
    return rounds


def commands_per_call(build):
    """EVALSHA and EVAL for each admitted call, once Redis knows the script."""
    cases = {
        "without leases, all admitted": {"lease": 0, "decisions": 50_000},
        "without leases, all wait their turn": {"lease": 0, "decisions": 4_000, "per_second": 1000},
        "with leases, 10 000 calls/s": {"rate": 10_000, "decisions": 50_000, "per_second": 20_000},
        "with leases, 10 000 calls/s at a limit of 10 000":
            {"rate": 12_000, "decisions": 60_000, "per_second": 10_000, "queue": 200},
    }
    results = {}
    for name, words in cases.items():
        with Redis(REDIS_CPU) as redis:
            decisions(build, redis, "first", decisions=1, warm_up=0)  # brings the script there
            redis.ask("CONFIG", "RESETSTAT")
            done = decisions(build, redis, "count", **words)
            if "queue" not in words and done["allAdmitted"] < words["decisions"]:
                raise RuntimeError(f"{name}: only {done['allAdmitted']} were admitted")
            results[name] = {"commands": redis.commands(), "admitted": done["allAdmitted"]}
            say(f"{name}: {redis.commands() / done['allAdmitted']:.4f} commands a call")
    return results


@contextlib.contextmanager
def upstream(build):
    """Yields the port and a function that stops it and gives the moments of arrival in seconds."""
    process = subprocess.Popen(program(build, "shared_upstream", REDIS_CPU), text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def arrivals():
        told, _ = process.communicate()
        return [int(line) / 1e9 for line in told.split()]

    try:
        yield int(process.stdout.readline()), arrivals
    finally:
        process.kill()
        process.wait()


def callers(build, count, seconds, **words):
    started = [subprocess.Popen(program(build, "shared_caller", MEASURED_CPU, seconds=seconds,
                                        **words), text=True, stdout=subprocess.PIPE)
               for _ in range(count)]
    return started


def used_share(arrivals, per_second):
    """Of the limit, in whole seconds from a second and a half after the first arrival on."""
    begin = arrivals[0] + 1.5
    seconds = int(arrivals[-1] - begin)
    later = [at for at in arrivals if begin < at <= begin + seconds]
    return len(later) / seconds / per_second


def watch(redis, until):
    """All charges of a budget, from looks at its log more often than it forgets."""
    seen = []
    while not until.wait(0.3):
        value = redis.ask("GET", "symphony:{bench}:rl")
        if value.startswith(windows.MAGIC):
            seen = windows.joined(seen, windows.charges(value))
    return seen


def overload(build, strategy, lease, limit):
    burst = limit // 4
    words = {"strategy": strategy, "per_second": limit, "per_minute": limit * 100, "lease": lease,
             "rate": limit * OVERLOAD // PROCESSES, "queue": limit // 4}
    if strategy == "token-bucket":
        words["burst"] = burst
    over = threading.Event()
    with Redis(REDIS_CPU) as redis, upstream(build) as (port, arrivals), \
            tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor() as pool:
        files = [pathlib.Path(folder) / str(number) for number in range(PROCESSES)]
        started = [callers(build, 1, SECONDS, upstream=port, redis=redis.port, record=file,
                           **words)[0] for file in files]
        charged = pool.submit(watch, redis, over) if strategy == "sliding-window" else None
        told = [json.loads(process.communicate()[0]) for process in started]
        over.set()
        commands, times = redis.commands(), arrivals()
        grants = [[int(number) for number in line.split()] for file in files
                  for line in file.read_text().splitlines()]
    seen = {"strategy": strategy, "lease": lease, "limit": limit, "arrivals": len(times),
            "begun": sum(one["begun"] for one in told), "used": used_share(times, limit),
            "commands": commands, "errors": [one["errors"] for one in told]}
    if charged:
        seen["charges"] = len(charged.result())
        if not charged.result():
            raise RuntimeError("Redis showed no charges: nothing was counted")
        seen["overByStore"] = windows.most_above(charged.result(), limit, 1 - 1e-9)
        seen["aheadMs"] = max(0.0, 1 - windows.shortest_span(times, limit)) * 1e3
    else:
        room = burst if strategy == "token-bucket" else 1
        seen["granted"] = sum(permits for _, _, permits in grants)
        seen["overByGrants"] = windows.above_bucket(
            [(at / 1e6, until / 1e6, permits) for at, until, permits in grants], room, limit)
        seen["knownToMs"] = statistics.quantiles([until - at for at, until, _ in grants],
                                                 n=100)[98] / 1e3
        seen["aheadMs"] = max(0.0, windows.bucket_lead(times, room, limit)) * 1e3
    say(f"{strategy}, lease={lease}: {json.dumps(seen)}")
    return seen


def local_saturation(build):
    results = {}
    for strategy in ("sliding-window", "token-bucket", "leaky-bucket"):
        with upstream(build) as (port, arrivals):
            [process] = callers(build, 1, 5 if QUICK else 10, upstream=port, strategy=strategy,
                                per_second=1000, rate=1000 * OVERLOAD, queue=200,
                                burst=100 if strategy == "token-bucket" else 0)
            process.communicate()
            results[strategy] = used_share(arrivals(), 1000)
        say(f"local {strategy}: {results[strategy]:.4f} of the limit used")
    return results


PARTS = {
    "redisBenchmark": beside_redis_benchmark,
    "union": beside_union,
    "commands": commands_per_call,
    "local": local_saturation,
    "overload": lambda build: [overload(build, *case) for case in (
        ("sliding-window", 0, 400), ("token-bucket", 0, 400), ("leaky-bucket", 0, 400),
        ("sliding-window", 1, 2000), ("token-bucket", 1, 2000))],
}


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "bench")
    options.add_argument("--only", choices=[*PARTS, "report"], help="one part, into the old results")
    options.add_argument("--output", type=pathlib.Path, default=ROOT / "docs" / "benchmarks.md")
    given = options.parse_args()
    build = given.build.resolve()
    file = build / "results" / "shared.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    results = json.loads(file.read_text()) if given.only and file.exists() else {}
    for name, measure in PARTS.items():
        if given.only in (None, name):
            results[name] = measure(build)
            results.setdefault("seconds", {})[name] = SECONDS
            file.write_text(json.dumps(results, indent=1))
    section = report.section(results, build / "results" / "bench_micro.json",
                             None if QUICK else given.output.parent / "plots")
    if QUICK:
        print(section)  # too short a run to be put on record
    else:
        record.put_section(given.output, section)
        print(f"wrote {given.output}")


if __name__ == "__main__":
    main()

"""Circuit breakers: what a dead API still gets to see, and how soon traffic is back."""

import argparse
import concurrent.futures
import datetime
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent), str(ROOT / "tools")]

import record
import svg_plot

QUICK = os.environ.get("BENCH_QUICK") == "1"
DEAD_SECONDS = 5 if QUICK else 60
RATE = 1000
RECOVERIES = 2 if QUICK else 7
STATES = ("closed", "half-open", "open")


def output(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stderr}")
    return json.loads(done.stdout)


def ours(build, **words):
    given = [f"{key.replace('_', '-')}={value}" for key, value in words.items()]
    return output([build / "bench" / "circuit" / "circuit_run", *given])


def dead_api(build):
    """All at once: each has an API of its own, which it hardly calls."""
    script = HERE.parent / "peers" / "node" / "dead_api.js"
    with concurrent.futures.ThreadPoolExecutor() as runs:
        asked = {
            "symphony": runs.submit(ours, build, seconds=DEAD_SECONDS, rate=RATE,
                                    dead_until=DEAD_SECONDS * 1000 + 1000, reset=1000),
            **{peer: runs.submit(output, ["node", script, DEAD_SECONDS, RATE, peer])
               for peer in ("opossum", "cockatiel")}}
        return {name: run.result()["seen"] for name, run in asked.items()}


def recoveries(build, **words):
    """Milliseconds from the API's recovery to the last call that was refused or failed."""
    times = []
    for _ in range(RECOVERIES):
        seen = ours(build, seconds=4, rate=RATE, dead_from=500, dead_until=2000, reset=30_000,
                    health=200, **words)
        if seen["lastTroubleMs"] <= 2000:
            raise RuntimeError("the circuit was not open when the API recovered")
        times.append(seen["lastTroubleMs"] - 2000)
    return sorted(times)


def timeline(build):
    seen = ours(build, seconds=8, rate=RATE, dead_from=2000, dead_until=4500, reset=1000,
                recovery="gradual", successes=50)
    chart = svg_plot.Chart("1000 calls a second to an API that is dead for 2.5 s; gradual recovery",
                           "seconds", "calls a second")
    points = [(i / 10 + 0.05, [10 * n for n in tenth[:3]])
              for i, tenth in enumerate(seen["tenths"][:-1])]
    for number, name in enumerate(("answered", "failed", "refused")):
        chart.add(name, [(at, counts[number]) for at, counts in points])
    begin = None
    for i, tenth in enumerate([*seen["tenths"], [0, 0, 0, 0]]):
        is_open = STATES[tenth[3]] == "open"
        if is_open and begin is None:
            begin = i / 10
        elif not is_open and begin is not None:
            chart.mark("open", begin, i / 10)
            begin = None
    return chart.svg()


def row(name, measured, goal="", passed=None):
    return f"| {name} | {measured} | {goal} | {'' if passed is None else 'pass' if passed else '**fail**'} |"


def section(results):
    seen = results["dead"]
    least = min(seen["opossum"], seen["cockatiel"])
    median = {kind: times[len(times) // 2] for kind, times in results["recovery"].items()}
    worst = results["recovery"]["immediate"][-1]
    return "\n".join([
        "## Circuit breakers", "",
        f"Made by `bench/circuit/run.sh` on {datetime.date.today().isoformat()}.", "",
        "| | measured | goal | |", "|---|---:|---:|---|",
        row(f"calls a dead API sees in {DEAD_SECONDS} s at {RATE}/s, `resetTimeoutMs` 1000",
            seen["symphony"], "fewer than either peer", seen["symphony"] < least),
        row("… with opossum / cockatiel", f"{seen['opossum']} / {seen['cockatiel']}"),
        row("from recovery to full traffic, health check every 200 ms, immediate, ms: median, worst",
            f"{median['immediate']:.0f}, {worst:.0f}", "≤ 500", worst <= 500),
        row("… gradual, 20 successes a step, ms: median", f"{median['gradual']:.0f}"), "",
        "![Calls while an API dies and recovers](plots/circuit.svg)", "",
        "- Each opens after 5 failures, for 1000 ms; the API answers 500 to all. Ours doubles the "
        "time with each failed probe, up to ten times; the peers probe every second.",
        "- *Full traffic*: the last call that was refused or failed. The API counts its own calls; "
        "health checks are not among them.", ""])


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "bench")
    options.add_argument("--output", type=pathlib.Path, default=ROOT / "docs" / "benchmarks.md")
    given = options.parse_args()
    build = given.build.resolve()
    results = {"dead": dead_api(build),
               "recovery": {"immediate": recoveries(build),
                            "gradual": recoveries(build, recovery="gradual", successes=20)}}
    text = section(results)
    if QUICK:
        print(text)  # too short a run to be put on record
        return
    record.put_section(given.output, text)
    plot = given.output.parent / "plots" / "circuit.svg"
    plot.parent.mkdir(exist_ok=True)
    plot.write_text(timeline(build))
    print(f"wrote {given.output} and {plot}")


if __name__ == "__main__":
    main()

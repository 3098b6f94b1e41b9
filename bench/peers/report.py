"""Turns the samples into docs/benchmarks.md: medians of ratios within a round, goals, conditions."""

import datetime
import json
import os
import pathlib
import re
import statistics
import subprocess

NAMES = {
    "bare": "Symphony, bare transport",
    "managed": "Symphony, managed call",
    "beast": "Boost.Beast loop",
    "curl": "libcurl multi on epoll",
    "undici": "undici",
    "opossum": "undici + opossum + rate-limiter-flexible",
    "cockatiel": "undici + cockatiel + rate-limiter-flexible",
    "gateway": "Symphony gateway",
    "haproxy": "HAProxy",
    "nginx": "nginx as proxy",
}
GOALS = [  # subject, peer, goal
    ("managed", "bare", 1.05),
    ("bare", "beast", 1.10),
    ("managed", "opossum", 0.45),
    ("gateway", "haproxy", 1.5),
]
OTHERS = [("bare", "curl"), ("bare", "undici"), ("managed", "cockatiel"), ("managed", "undici"),
          ("managed", "curl"), ("gateway", "nginx")]


def ratio(results, subject, peer, what="cpuMicros"):
    """Median, least and greatest of the ratios of the rounds; None without both."""
    samples = results["samples"]
    if subject not in samples or peer not in samples:
        return None
    ratios = [a[what] / b[what] for a, b in zip(samples[subject], samples[peer])]
    return statistics.median(ratios), min(ratios), max(ratios)


def ratio_rows(results):
    for subject, peer, goal in [*GOALS, *((a, b, None) for a, b in OTHERS)]:
        cpu, rate = ratio(results, subject, peer), ratio(results, subject, peer, "perSecond")
        names = f"{NAMES[subject]} / {NAMES[peer]}"
        if cpu is None:
            yield f"| {names} | | | {f'≤ {goal}' if goal else ''} | not measured |"
            continue
        verdict = "" if goal is None else ("pass" if cpu[0] <= goal else "**fail**")
        yield (f"| {names} | {cpu[0]:.2f} ({cpu[1]:.2f} … {cpu[2]:.2f}) | {rate[0]:.2f} | "
               f"{f'≤ {goal}' if goal else ''} | {verdict} |")


def median_rows(results):
    for name, samples in results["samples"].items():
        cpu = statistics.median(s["cpuMicros"] for s in samples)
        rate = statistics.median(s["perSecond"] for s in samples)
        yield f"| {NAMES[name]} | {cpu:.1f} | {rate:.0f} |"


def instruction_lines(results):
    counts = results["instructions"]
    if not counts:
        return
    yield ("\n## Instructions per request\n\nUser-space instructions, counted by callgrind: free of "
           "the machine's noise, blind to the kernel.\n\n| client | instructions | over the Beast "
           "loop |\n|---|---:|---:|")
    for name, count in counts.items():
        over = f"{count / counts['beast']:.2f}" if "beast" in counts else ""
        yield f"| {NAMES[name]} | {count:.0f} | {over} |"


def output_of(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout + done.stderr


def version(pattern, *command):
    found = re.search(pattern, output_of(*command))
    return found[1] if found else "unknown"


def node_versions():
    modules = pathlib.Path(__file__).parent / "node" / "node_modules"
    for name in ("undici", "opossum", "rate-limiter-flexible", "cockatiel"):
        file = modules / name / "package.json"
        if file.exists():
            yield f"{name} {json.loads(file.read_text())['version']}"


def conditions():
    cpu = version(r"model name\s*: (.*)", "cat", "/proc/cpuinfo").strip()
    boost = version(r'BOOST_LIB_VERSION "([\d_]+)"', "cat", "/usr/include/boost/version.hpp")
    asked = {
        "Clang": (r"version (\S+)", "clang++-19", "--version"),
        "libcurl": (r"(\S+)", "pkg-config", "--modversion", "libcurl"),
        "nginx": (r"nginx/(\S+)", "/usr/sbin/nginx", "-v"),
        "HAProxy": (r"version (\S+)", "/usr/sbin/haproxy", "-v"),
        "wrk": (r"wrk \D*(\d[\d.]+)", "wrk", "-v"),
        "Node.js": (r"v(\S+)", "node", "--version"),
    }
    tools = [f"{name} {version(*question)}" for name, question in asked.items()]
    tools += [f"Boost {boost.replace('_', '.')}", *node_versions()]
    return cpu, os.cpu_count(), ", ".join(tools)


def write(results):
    cpu, cores, tools = conditions()
    pinned = ("what is measured has one core of its own, the server and the load generator share "
              "the other" if (cores or 1) > 1 else "one core for all")
    lines = [
        "# Benchmarks beside peers", "",
        f"Made by `{results['command']}` on {datetime.date.today().isoformat()} with {cpu}, "
        f"{cores} cores: {pinned}. {tools}.", "",
        f"{results['connections']} connections, {results['requests']} requests per client "
        "(cockatiel: a quarter) after a warm-up of 20000, "
        f"{results['rounds']} rounds in which all take turns. The same server for all (nginx, a "
        "64-byte JSON answer, keep-alive), the same header fields on the wire, but for the "
        "`user-agent` that Symphony adds; every answer's "
        "status and length are checked. CPU is user and system time of the client's or proxy's "
        "processes per request. Ratios are taken within a round; the table has their median, the "
        "least and the greatest. Below 1 is less CPU than the peer.", "",
        "| | CPU per request | requests/s | goal (CPU) | |", "|---|---:|---:|---:|---|",
        *ratio_rows(results), "",
        "## Medians", "",
        "For orientation only: they belong to this machine and this run.", "",
        "| | CPU per request, µs | requests/s |", "|---|---:|---:|", *median_rows(results),
        *instruction_lines(results), "",
        "## What is compared", "",
        "- *Bare transport*: `net::http_client`, with pool and deadline. *Managed call*: "
        "`symphony::client` with a limit of two levels, breaker with failure and latency shares, "
        "bearer credentials, retry, metrics and a new `traceparent` for each call.",
        "- *Beast loop*: a coroutine per connection, `expires_after` for each request, Boost "
        "header-only. *libcurl*: `curl_multi_socket_action` with easy handles used again.",
        "- *undici*: `Pool` with as many connections, without pipelining; managed with two "
        "`RateLimiterMemory`, a breaker with time-out, retries and a new `traceparent`.",
        "- *Proxies*: HAProxy with one thread and two rates in stick tables, nginx with one worker "
        "and two `limit_req` zones, the gateway with limit, breaker, retry and metrics; all set the "
        "credentials and reuse upstream connections. The load is `wrk -t1`.",
        "- The micro benchmarks of single decisions run before this in `make bench`.", "",
    ]
    return "\n".join(lines)

"""Runs all clients and proxies in turn, round after round, so that each pair shares its noise."""

import argparse
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import record
import report
import servers

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
QUICK = os.environ.get("BENCH_QUICK") == "1"
REQUESTS = int(os.environ.get("BENCH_REQUESTS", 20_000 if QUICK else 200_000))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", 2 if QUICK else 5))
CONNECTIONS = 64
WARM_UP = 20_000  # requests before the clock starts: Node.js compiles as it goes
MEASURED_CPU, OTHER_CPU = 0, 1  # what is measured has a core of its own


def clients(build):
    node = ["node", HERE / "node" / "client.js"]
    every = {
        "bare": ([build / "peer_bare_transport"], []),
        "managed": ([build / "peer_managed_call"], []),
        "beast": ([build / "peer_beast_loop"], []),
        "curl": ([build / "peer_curl_multi"], []),
        "undici": (node, ["bare"]),
        "opossum": (node, ["opossum"]),
        "cockatiel": (node, ["cockatiel"]),
    }
    missing = [name for name, (program, _) in every.items() if not pathlib.Path(program[-1]).exists()]
    if missing:
        print(f"not built, so not measured: {', '.join(missing)}", file=sys.stderr)
    return {name: command for name, command in every.items() if name not in missing}


def run_client(command, port, requests, warm_up, prefix=()):
    program, more = command
    return subprocess.run([*prefix, *map(str, program), str(port), str(requests), str(CONNECTIONS),
                           str(warm_up), *more], capture_output=True, text=True, check=False)


def one_client(name, command, port):
    # The slowest peer gets fewer, so that all rounds fit into a few minutes.
    requests = REQUESTS // 4 if name == "cockatiel" else REQUESTS
    done = run_client(command, port, requests, WARM_UP, servers.pin(MEASURED_CPU))
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stderr}")
    return json.loads(done.stdout)


def instructions(command, port):
    """Instructions per request: the difference of a long and a short run."""
    counts = []
    with tempfile.TemporaryDirectory() as directory:
        for requests in (2000, 6000):
            done = run_client(command, port, requests, 100,
                              ["valgrind", "--tool=callgrind",
                               f"--callgrind-out-file={directory}/out"])
            if done.returncode != 0:
                raise RuntimeError(done.stderr)
            counts.append(int(re.search(r"Collected : (\d+)", done.stderr)[1]))
    return (counts[1] - counts[0]) / 4000


def measure(build, callgrind):
    results = {"requests": REQUESTS, "rounds": ROUNDS, "connections": CONNECTIONS,
               "quick": QUICK, "samples": {}, "instructions": {}}
    samples = results["samples"]
    program = build / "symphony"
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="symphony-bench-"))
        to = stack.enter_context(servers.upstream(directory, OTHER_CPU)).port
        chosen = clients(build / "bench" / "peers")
        proxies = {"haproxy": (servers.haproxy(directory, to, MEASURED_CPU), servers.TARGET),
                   "nginx": (servers.nginx_proxy(directory, to, MEASURED_CPU), servers.TARGET)}
        if program.exists():
            proxies["gateway"] = (servers.gateway(program, directory, to, MEASURED_CPU),
                                  "/shop/api" + servers.TARGET)
        for server, _ in proxies.values():
            stack.enter_context(server)
        for server, path in proxies.values():
            servers.wrk(server, path, 1, CONNECTIONS, OTHER_CPU)  # opens the connections
        for number in range(1, ROUNDS + 1):
            for name, command in chosen.items():
                note(number, name, samples, one_client(name, command, to))
            for name, (server, path) in proxies.items():
                note(number, name, samples,
                     servers.wrk(server, path, 1 if QUICK else 3, CONNECTIONS, OTHER_CPU))
        if callgrind:
            for name in ("bare", "managed", "beast"):
                if name in chosen:
                    results["instructions"][name] = instructions(chosen[name], to)
    return results


def note(number, name, samples, sample):
    samples.setdefault(name, []).append(sample)
    print(f"round {number}: {name:10} {sample['cpuMicros']:7.2f} µs CPU  "
          f"{sample['perSecond']:9.0f}/s", file=sys.stderr)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "bench")
    options.add_argument("--callgrind", action="store_true")
    options.add_argument("--output", type=pathlib.Path, default=ROOT / "docs" / "benchmarks.md")
    given = options.parse_args()
    build = given.build.resolve()
    results = measure(build, given.callgrind)
    results["command"] = " ".join(
        [*(f"{name}={os.environ[name]}" for name in
           ("BENCH_QUICK", "BENCH_REQUESTS", "BENCH_ROUNDS") if name in os.environ),
         "bench/peers/run.sh --callgrind" if given.callgrind else "make bench"])
    (build / "results").mkdir(parents=True, exist_ok=True)
    (build / "results" / "peers.json").write_text(json.dumps(results, indent=1))
    text = report.write(results)
    if QUICK:
        print(text)  # too short a run to be put on record
    else:
        record.put_first(given.output, text)
        print(f"wrote {given.output}")


if __name__ == "__main__":
    main()

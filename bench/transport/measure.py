"""HTTP/1.1, HTTPS and HTTP/2 beside libcurl and h2load, system calls, memory, latency."""

import argparse
import contextlib
import json
import os
import pathlib
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "peers")]

import record  # noqa: E402
import report  # noqa: E402
import servers  # noqa: E402

import table  # noqa: E402

QUICK = os.environ.get("BENCH_QUICK") == "1"
REQUESTS = int(os.environ.get("BENCH_REQUESTS", 10_000 if QUICK else 100_000))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", 2 if QUICK else 5))
CALLERS = 64
WARM_UP = 5_000
MEASURED_CPU, OTHER_CPU = 0, 1  # what is measured has a core of its own
IDLE = 1_000  # connections in the pool
CLIENTS = 9_900  # of the gateway, idle; its own bound is 10 000
LATENCY_SECONDS = 2 if QUICK else 8


class Upstream:
    """One nginx: in the clear, HTTP/2 by prior knowledge, and both over TLS."""

    def __init__(self, directory):
        self.certificate = pathlib.Path(directory, "certificate.pem")
        key = pathlib.Path(directory, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
                        self.certificate, "-days", "30", "-subj", "/CN=127.0.0.1", "-addext",
                        "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        self.http1, self.http2, self.https, self.https2 = (servers.free_port() for _ in range(4))
        content = pathlib.Path(directory, "content")
        content.mkdir()
        (content / "large").write_bytes(b"x" * 400_000)
        listeners = (f"listen 127.0.0.1:{self.http1} backlog=2048;"
                     f"listen 127.0.0.1:{self.http2} http2 backlog=2048;"
                     f"listen 127.0.0.1:{self.https} ssl backlog=2048;"
                     f"listen 127.0.0.1:{self.https2} ssl http2 backlog=2048;")
        self.server = servers.nginx(
            directory, "upstream", self.http1, OTHER_CPU, servers.TARGET, 1,
            f"ssl_certificate {self.certificate};"
            f"ssl_certificate_key {key}; server {{ {listeners} default_type application/json;"
            f" location / {{ return 200 '{servers.BODY}'; }}"
            f" location /large {{ root {content}; }} }}")

    def arguments(self, how):
        return {"http1": [self.http1, "http1"], "http2": [self.http2, "http2"],
                "https": [self.https, "https", self.certificate],
                "https2": [self.https2, "https2", self.certificate]}[how]


def run(command, prefix=()):
    done = subprocess.run([*map(str, prefix), *map(str, command)], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
    return done


def client(program, upstream, how, requests=REQUESTS, warm_up=WARM_UP, prefix=None):
    port, *rest = upstream.arguments(how)
    return run([program, port, requests, CALLERS, warm_up, *rest],
               servers.pin(MEASURED_CPU) if prefix is None else prefix)


def one_client(*arguments):
    return json.loads(client(*arguments).stdout)


def h2load(upstream):
    """CPU of the whole process: what it does besides the requests is nothing beside them."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = run(["h2load", "-n", REQUESTS, "-c1", f"-m{CALLERS}", "-t1",
                "-H", f"authorization: Bearer {servers.TOKEN}", "-H", "accept: application/json",
                "-H", "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                f"http://127.0.0.1:{upstream.http2}{servers.TARGET}"], servers.pin(MEASURED_CPU))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if f"{REQUESTS} succeeded, 0 failed" not in done.stdout:
        raise RuntimeError(done.stdout)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    rate = float(re.search(r"([\d.]+) req/s", done.stdout)[1])
    return {"cpuMicros": used * 1e6 / REQUESTS, "perSecond": rate}


def measure_clients(build, upstream, samples):
    ours, curl = build / "peer_bare_transport", build / "peer_curl_multi"
    beast = build / "peer_beast_loop"
    turns = {
        "http1": lambda: one_client(ours, upstream, "http1"),
        "http1 beast": lambda: one_client(beast, upstream, "http1"),
        "http1 curl": lambda: one_client(curl, upstream, "http1"),
        "https": lambda: one_client(ours, upstream, "https"),
        "https curl": lambda: one_client(curl, upstream, "https"),
        "http2": lambda: one_client(ours, upstream, "http2"),
        "http2 h2load": lambda: h2load(upstream),
        "https2": lambda: one_client(ours, upstream, "https2"),
        "https2 curl": lambda: one_client(curl, upstream, "https2"),
    }
    for number in range(1, ROUNDS + 1):
        for name, turn in turns.items():
            note(number, name, samples, turn())


def note(number, name, samples, sample):
    if number == 1:
        samples[name] = []
    samples[name].append(sample)
    told = "  ".join(f"{key} {value:.2f}" for key, value in sample.items())
    print(f"round {number}: {name:14} {told}", file=sys.stderr)


def system_calls(build, upstream, how):
    """Per request: the difference of a long and a short run, the median of three."""
    def calls(requests):
        done = client(build / "peer_bare_transport", upstream, how, requests, 1_000,
                      [*servers.pin(MEASURED_CPU), "strace", "-f", "-c"])
        return int(re.search(r"100[.,]00 +[\d.,]+ +\d+ +(\d+)", done.stderr)[1])
    return statistics.median((calls(12_000) - calls(4_000)) / 8_000 for _ in range(3))


def pooled(build, upstream, how):
    port, ca = ((upstream.https, [f"ca={upstream.certificate}"]) if how == "https"
                else (upstream.http1, []))
    return json.loads(run([build.parent / "transport" / "idle_connections", f"count={IDLE}",
                           f"url={how}://127.0.0.1:{port}/large", *ca]).stdout)


def idle_clients(gateway, path):
    """Resident memory of the gateway with that many connections that were used once, in bytes."""
    resource.setrlimit(resource.RLIMIT_NOFILE, [resource.getrlimit(resource.RLIMIT_NOFILE)[1]] * 2)
    request = f"GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n".encode()
    with contextlib.ExitStack() as stack:
        for _ in range(CLIENTS):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", gateway.port)))
            one.sendall(request)
            answer = b""
            while servers.BODY.encode() not in answer:
                piece = one.recv(4096)
                if not piece:
                    raise RuntimeError(f"the gateway ended a connection: {answer}")
                answer += piece
        return gateway.resident_bytes()


def latencies(server, path, rate):
    """The 99th percentile at that many requests a second, in microseconds."""
    with tempfile.TemporaryDirectory() as directory:
        log = pathlib.Path(directory, "log")
        run(["h2load", "--h1", f"-c{CALLERS}", "-t1", f"--rps={rate / CALLERS:.2f}", "-D",
             LATENCY_SECONDS, "--warm-up-time=1", f"--log-file={log}",
             f"http://127.0.0.1:{server.port}{path}"], servers.pin(OTHER_CPU))
        times = []
        for line in log.read_text().splitlines():
            _, status, micros = line.split("\t")[:3]
            if status != "200":
                raise RuntimeError(f"status {status}")
            times.append(int(micros))
    times.sort()
    return {"p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100],
            "perSecond": len(times) / (LATENCY_SECONDS + 1)}


def measure_gateway(program, directory, upstream, results):
    samples = results["samples"]
    with contextlib.ExitStack() as stack:
        proxies = {
            "gateway": (servers.gateway(program, directory, upstream.http1, MEASURED_CPU),
                        "/shop/api" + servers.TARGET),
            "haproxy": (servers.haproxy(directory, upstream.http1, MEASURED_CPU), servers.TARGET)}
        for server, _ in proxies.values():
            stack.enter_context(server)
        most = {}
        for number in range(1, ROUNDS + 1):
            for name, (server, path) in proxies.items():
                sample = servers.wrk(server, path, 1 if QUICK else 3, CALLERS, OTHER_CPU)
                note(number, name, samples, sample)
                most.setdefault(name, []).append(sample["perSecond"])
        rate = min(statistics.median(all_rates) for all_rates in most.values()) / 2
        results["rate"] = rate
        # A difference of two tails: its median needs more rounds than the others.
        for number in range(1, 3 * ROUNDS + 1):
            note(number, "direct p99", samples, latencies(upstream.server, servers.TARGET, rate))
            for name, (server, path) in proxies.items():
                note(number, f"{name} p99", samples, latencies(server, path, rate))
        server, path = proxies["gateway"]
        results["idle clients"] = idle_clients(server, path)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "bench")
    options.add_argument("--only", choices=("clients", "calls", "memory", "gateway"),
                         help="one part, into the old results")
    options.add_argument("--output", type=pathlib.Path, default=ROOT / "docs" / "benchmarks.md")
    given = options.parse_args()
    build = given.build.resolve()
    peers = build / "bench" / "peers"
    file = build / "results" / "transport.json"
    results = json.loads(file.read_text()) if given.only and file.exists() else {"samples": {}}
    results.update(requests=REQUESTS, rounds=ROUNDS, callers=CALLERS, idle=IDLE, clients=CLIENTS)
    with tempfile.TemporaryDirectory(prefix="symphony-bench-") as directory:
        upstream = Upstream(directory)
        with upstream.server:
            if given.only in (None, "clients"):
                measure_clients(peers, upstream, results["samples"])
            if given.only in (None, "calls"):
                results["calls"] = {how: system_calls(peers, upstream, how)
                                    for how in ("http1", "https", "http2")}
            if given.only in (None, "memory"):
                results["pooled"] = {how: pooled(peers, upstream, how) for how in ("http", "https")}
            if given.only in (None, "gateway"):
                measure_gateway(build / "symphony", directory, upstream, results)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(results, indent=1))
    text = table.write(results, report.ratio)
    if QUICK:
        print(text)  # too short to be put on record
    else:
        record.put_section(given.output, text)
        print(f"wrote {given.output}")


if __name__ == "__main__":
    main()

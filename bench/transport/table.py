"""The section "Transport" of docs/benchmarks.md."""

import datetime
import statistics

KIB, MIB = 1024, 1024 * 1024

# subject, peer, what it is, goal
PAIRS = [
    ("http1", "http1 curl", "HTTP/1.1, CPU per request, beside libcurl multi on epoll", 0.65),
    ("http1", "http1 beast", "… beside a bare Beast loop", 1.05),
    ("https", "https curl", "HTTPS keep-alive, CPU per request, beside libcurl", 0.7),
    ("http2", "http2 h2load", "HTTP/2, 64 streams on a connection, CPU per request, beside h2load",
     1.5),
    ("https2", "https2 curl", "… over TLS, beside libcurl's HTTP/2", 0.5),
    ("gateway", "haproxy", "gateway, CPU per proxied request, beside HAProxy with rate tracking",
     1.0),
]


def row(what, value, goal="", passed=None):
    verdict = "" if passed is None else "pass" if passed else "**fail**"
    return f"| {what} | {value} | {goal} | {verdict} |"


def spread(ratios):
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} … {max(ratios):.2f})"


def rows(results, ratio):
    samples = results["samples"]
    for subject, peer, what, goal in PAIRS:
        found = ratio(results, subject, peer)
        if found:
            yield row(what, f"{found[0]:.2f} ({found[1]:.2f} … {found[2]:.2f})", f"≤ {goal}",
                      found[0] <= goal)
    if "gateway p99" in samples:
        direct, gateway, haproxy = ([s["p99"] for s in samples[f"{name} p99"]]
                                    for name in ("direct", "gateway", "haproxy"))
        ratios = [(g - d) / max(h - d, 1) for d, g, h in zip(direct, gateway, haproxy)]
        yield row(f"gateway, p99 added at {results['rate']:.0f} requests/s, half of what it can, "
                  "beside HAProxy's", spread(ratios), "≤ 1.0", statistics.median(ratios) <= 1.0)
        yield row("… p99 direct / gateway / HAProxy, µs",
                  " / ".join(f"{statistics.median(x):.0f}" for x in (direct, gateway, haproxy)))
    if "calls" in results:
        calls = results["calls"]
        yield row("system calls per HTTP/1.1 request, 64 connections", f"{calls['http1']:.2f}",
                  "≤ 2.2", calls["http1"] <= 2.2)
        yield row("… HTTPS / HTTP/2, 64 streams", f"{calls['https']:.2f} / {calls['http2']:.2f}")
    if "pooled" in results:
        for how, name, goal in (("http", "plain", 16), ("https", "TLS", 64)):
            heap, trimmed, resident = (results["pooled"][how][key] / KIB
                                       for key in ("heap", "trimmed", "resident"))
            yield row(f"memory of an idle pooled connection, {name}: resident, allocator trimmed "
                      "(heap in use; resident untrimmed), KiB",
                      f"{trimmed:.1f} ({heap:.1f}; {resident:.1f})", f"≤ {goal}", trimmed <= goal)
    if "idle clients" in results:
        held = results["idle clients"] / MIB
        goal = 200 * results["clients"] / 10_000
        yield row(f"gateway with {results['clients']} idle client connections, resident, MiB",
                  f"{held:.0f}", f"≤ {goal:.0f}", held <= goal)


def median_rows(results):
    names = {"http1": "HTTP/1.1, Symphony", "http1 curl": "… libcurl", "http1 beast": "… Beast loop",
             "https": "HTTPS, Symphony", "https curl": "… libcurl", "http2": "HTTP/2, Symphony",
             "http2 h2load": "… h2load",
             "https2": "HTTP/2 over TLS, Symphony", "https2 curl": "… libcurl", "gateway": "gateway",
             "haproxy": "HAProxy"}
    for key, name in names.items():
        found = results["samples"].get(key)
        if found:
            cpu, rate = (statistics.median(s[what] for s in found)
                         for what in ("cpuMicros", "perSecond"))
            yield f"| {name} | {cpu:.1f} | {rate:.0f} |"


def write(results, ratio):
    return "\n".join([
        "## Transport", "",
        f"Made by `bench/transport/run.sh` on {datetime.date.today().isoformat()}: "
        f"{results['requests']} requests per client and round, {results['rounds']} rounds in which "
        "all take turns, ratios within a round as above (median, least, greatest).", "",
        "| | measured | goal | |", "|---|---:|---:|---|", *rows(results, ratio), "",
        "| | CPU per request, µs | requests/s |", "|---|---:|---:|", *median_rows(results), "",
        "- The same bare transport, libcurl and Beast clients as above, with "
        f"{results['callers']} callers; nginx answers with 64 bytes. Over HTTP/2 all share one "
        "connection, `h2load -c1 -m64` and libcurl with `CURLOPT_PIPEWAIT`; beside libcurl over TLS, "
        "since version 7.88 cannot use a connection in the clear twice. HTTPS "
        "is HTTP/1.1 over TLS 1.3 with a P-256 certificate that is verified.",
        "- *p99 added*: that of `h2load --h1` at a fixed rate through the proxy, less that without "
        "one, in three times as many rounds. *System calls*: `strace -c`, a long run less a short one, the median of three.",
        f"- *Idle pooled connection*: {results['idle']} calls at once read 400 KB each; what the "
        "process has grown by afterwards, by connection. *Idle clients*: each had one answer.", "",
    ])

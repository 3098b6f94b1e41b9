"""The servers of the comparison, each on a free loopback port with a configuration of its own."""

import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import time

BODY = '{"id":42,"item":"violin","state":"shipped","total":1999,"n":123}'
TOKEN = "bench-token-0123456789abcdef"
TARGET = "/orders/42"
assert len(BODY) == 64  # load.hpp and client.js expect it


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def pin(cpu):
    """The command prefix that keeps a process on one core, where there are two or more."""
    return ["taskset", "-c", str(cpu)] if (os.cpu_count() or 1) > 1 else []


class Server:
    """Runs until the `with` block ends; answers before the block begins."""

    def __init__(self, command, port, path, cpu):
        self.port = port
        self._path = path
        self._process = subprocess.Popen([*pin(cpu), *map(str, command)],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.PIPE)

    def __enter__(self):
        until = time.monotonic() + 10
        while True:
            try:
                self.check()
                return self
            except (OSError, http.client.HTTPException) as fault:
                if self._process.poll() is not None or time.monotonic() > until:
                    self.stop()
                    log = self._process.stderr.read().decode(errors="replace")
                    raise RuntimeError(f"{self._process.args} does not answer:\n{log}") from fault
                time.sleep(0.02)

    def __exit__(self, *_):
        self.stop()

    def check(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", self._path)
            answer = connection.getresponse()
            if (answer.status, answer.read().decode()) != (200, BODY):
                raise RuntimeError(f"port {self.port} answers {answer.status}")
        finally:
            connection.close()

    def stop(self):
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def cpu_seconds(self):
        """CPU time of the process and its children so far, from the scheduler's own account."""
        return sum(_cpu_seconds(pid) for pid in _tree(self._process.pid))

    def resident_bytes(self):
        pages = pathlib.Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _tree(pid):
    found = [pid]
    for parent in found:
        for children in pathlib.Path(f"/proc/{parent}/task").glob("*/children"):
            found += [int(child) for child in children.read_text().split()]
    return found


def _cpu_seconds(pid):
    tasks = list(pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"))
    if tasks:
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def nginx(directory, name, port, cpu, path, workers, http_block):
    """One nginx; `port` and `path` are asked to see that it is there."""
    prefix = pathlib.Path(directory, name)
    prefix.mkdir()
    user = "user root;" if os.geteuid() == 0 else ""
    temp = "".join(f"{kind}_temp_path {prefix}/{kind};" for kind in
                   ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (prefix / "nginx.conf").write_text(
        f"{user} daemon off; pid {prefix}/pid; error_log stderr error;\n"
        f"worker_processes {workers};\nevents {{ worker_connections 4096; }}\n"
        f"http {{ access_log off; {temp} keepalive_requests 1000000000; keepalive_timeout 1h;\n"
        f"{http_block} }}\n")
    return Server([_program("nginx"), "-p", prefix, "-e", "stderr", "-c", prefix / "nginx.conf"],
                  port, path, cpu)


def _program(name):
    return next((p for p in (f"/usr/sbin/{name}",) if os.path.exists(p)), name)


def upstream(directory, cpu):
    port = free_port()
    return nginx(directory, "upstream", port, cpu, TARGET, 2,
                  f"server {{ listen 127.0.0.1:{port} backlog=1024; default_type application/json;"
                  f" location / {{ return 200 '{BODY}'; }} }}")


def nginx_proxy(directory, to, cpu):
    """One worker; request rate counted, failures watched, credentials set."""
    port = free_port()
    return nginx(directory, "proxy-nginx", port, cpu, TARGET, 1, f"""
        limit_req_zone $server_name zone=second:1m rate=1000000r/s;
        limit_req_zone $server_name zone=minute:1m rate=60000000r/m;
        upstream api {{ server 127.0.0.1:{to} max_fails=5 fail_timeout=30s; keepalive 64;
                        keepalive_requests 1000000000; }}
        server {{ listen 127.0.0.1:{port} backlog=1024;
            location / {{ limit_req zone=second burst=100000 nodelay;
                limit_req zone=minute burst=100000 nodelay;
                proxy_pass http://api; proxy_http_version 1.1; proxy_buffering on;
                proxy_set_header Connection ""; proxy_set_header Authorization "Bearer {TOKEN}";
            }} }}""")


def haproxy(directory, to, cpu):
    """One thread; two request rates in stick tables, failures watched, credentials set."""
    port = free_port()
    file = pathlib.Path(directory, "haproxy.cfg")
    file.write_text(f"""
global
    nbthread 1
    maxconn 4096
defaults
    mode http
    timeout connect 10s
    timeout client 1h
    timeout server 30s
    retries 2
    retry-on conn-failure 503
    http-reuse always
backend second
    stick-table type string len 16 size 1k expire 2s store http_req_rate(1s)
backend minute
    stick-table type string len 16 size 1k expire 2m store http_req_rate(60s)
frontend data
    bind 127.0.0.1:{port} backlog 1024
    http-request track-sc0 str(shop.api) table second
    http-request track-sc1 str(shop.api) table minute
    http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt 1000000 }}
    http-request deny deny_status 429 if {{ sc_http_req_rate(1) gt 100000000 }}
    http-request set-header authorization "Bearer {TOKEN}"
    default_backend api
backend api
    server api 127.0.0.1:{to} check inter 1s observe layer7 error-limit 5 on-error mark-down
""")
    return Server([_program("haproxy"), "-db", "-q", "-f", file], port, TARGET, cpu)


def gateway(program, directory, to, cpu):
    """Limit of two levels, breaker, retry, credentials; metrics are always on."""
    port = free_port()
    file = pathlib.Path(directory, "symphony.json")
    file.write_text(json.dumps({"version": 1, "log": {"level": "warn"}, "tools": [{
        "name": "shop", "externalAPIs": {"api": {
            "url": f"http://127.0.0.1:{to}",
            "rateLimit": {"maxRequestsPerSecond": 100000, "maxRequestsPerMinute": 100000000},
            "circuitBreaker": {"monitoring": {"metrics": {"failureRate": 0.5,
                                                          "latencyThreshold": "5s"}}},
            "auth": {"type": "bearer", "credentials": {"token": TOKEN}},
            "middleware": {"error": {"retry": {}}}}}}]}))
    return Server([program, "serve", "-c", file, "--listen", f"127.0.0.1:{port}",
                   "--admin", f"127.0.0.1:{free_port()}"], port, "/shop/api" + TARGET, cpu)


def wrk(server, path, seconds, connections, cpu):
    """Loads a proxy; returns CPU microseconds per request of the proxy and requests per second."""
    began = server.cpu_seconds()
    done = subprocess.run([*pin(cpu), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
                           f"http://127.0.0.1:{server.port}{path}"],
                          capture_output=True, text=True, check=True)
    used = server.cpu_seconds() - began
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(done.stdout)
    count = int(re.search(r"(\d+) requests in", done.stdout)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1])
    return {"cpuMicros": used * 1e6 / count, "perSecond": rate}

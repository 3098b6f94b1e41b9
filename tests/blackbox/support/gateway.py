"""A running `symphony serve`."""

import http.client
import json
import re
import signal
import subprocess
import threading

from .cli import BINARY, _environment, write_config
from .waiting import PATIENCE, wait_until


class Answer:
    def __init__(self, status, fields, body):
        self.status = status
        self.fields = fields
        self.body = body

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {str(self.fields)[:600]} {self.body[:300]!r}"


class Call(threading.Thread):
    """A call under way beside the test."""

    def __init__(self, make):
        super().__init__(daemon=True)
        self._make = make
        self._answer = None
        self._fault = None
        self.start()

    def run(self):
        try:
            self._answer = self._make()
        except Exception as fault:  # handed to whoever asks for the answer
            self._fault = fault

    @property
    def answer(self):
        self.join(PATIENCE * 2)
        if self._fault:
            raise self._fault
        assert not self.is_alive(), "the call did not end"
        return self._answer


class Gateway:
    """Starts with `config` (a dictionary or text); stops when `case` ends, whichever way.

    `tls`: the context of a client, where the gateway serves HTTPS."""

    def __init__(self, case, config, *arguments, env=None, admin="127.0.0.1:0", tls=None):
        self.tls = tls
        self.file = write_config(case, config)
        self.lines = []
        self.process = subprocess.Popen(
            [BINARY, "serve", "-c", str(self.file), "--listen", "127.0.0.1:0", "--admin", admin,
             *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=_environment(env))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        case.addCleanup(self.kill)
        self.port = self._announced(r"symphony: listening on https?://[\d.:\[\]]*:(\d+)$")
        self.admin_port = self._announced(r"symphony: admin on https?://[\d.:\[\]]*:(\d+)$")

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.decode(errors="replace").rstrip("\n"))

    def _announced(self, pattern):
        def look():
            for line in list(self.lines):
                if found := re.search(pattern, line):
                    return int(found[1])
            if self.process.poll() is not None:
                raise AssertionError("serve ended early:\n" + "\n".join(self.lines))
            return None

        return wait_until(look, f"a line like {pattern}")

    def wait_for_line(self, pattern):
        return wait_until(
            lambda: next((x for x in list(self.lines) if re.search(pattern, x)), None),
            f"a line like {pattern}; there was:\n" + "\n".join(self.lines))

    def connect(self, port=None, tls=None):
        """A connection as a client's; `port`: another than the data plane's."""
        tls = tls or self.tls
        if tls and port in (None, self.port):
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE * 2,
                                               context=tls)
        return http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=PATIENCE * 2)

    def request(self, path="/shop/api", method="GET", headers=None, body=None, port=None,
                tls=None):
        connection = self.connect(port, tls)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            got = connection.getresponse()
            return Answer(got.status, got.getheaders(), got.read())
        finally:
            connection.close()

    def start_request(self, *args, **kwargs):
        return Call(lambda: self.request(*args, **kwargs))

    def admin(self, path, method="GET", **kwargs):
        return self.request(path, method, port=self.admin_port, **kwargs)

    def endpoint_status(self, index=0):
        return self.admin("/v1/status").json["tools"][0]["endpoints"][index]

    def wait_for_queued(self, count):
        wait_until(lambda: self.endpoint_status()["rateLimit"]["queued"] == count,
                   f"{count} queued calls")

    def metric(self, name, **labels):
        """The value of the one sample of that name whose labels include these; None without."""
        for line in self.admin("/metrics").body.decode().splitlines():
            found = re.match(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)", line)
            if not found or found[1] != name:
                continue
            has = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found[2] or ""))
            if all(has.get(key) == value for key, value in labels.items()):
                return float(found[3])
        return None

    def signal(self, number):
        self.process.send_signal(number)

    def terminate(self):
        self.signal(signal.SIGTERM)

    def wait_for_exit(self):
        return self.process.wait(PATIENCE * 2)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(PATIENCE)
        self.process.stderr.close()

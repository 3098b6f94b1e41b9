"""A real SMTP server on a free loopback port, for one test."""

import json
import os
import pathlib
import socket
import subprocess
import tempfile

from .certificates import make_certificate
from .waiting import wait_until

PYTHON = "/usr/bin/python3"  # Debian's own, which has aiosmtpd


class MailServer:
    """Stops when `case` ends. `user`: (name, password) that it asks for."""

    def __init__(self, case, mode="starttls", user=(), quits=True):
        with socket.socket() as chosen:
            chosen.bind(("127.0.0.1", 0))
            self.port = chosen.getsockname()[1]
        directory = tempfile.TemporaryDirectory(prefix="symphony-test-")
        case.addCleanup(directory.cleanup)
        self._spool = pathlib.Path(directory.name, "spool")
        self._mode, self._user = mode, user
        self._env = os.environ if quits else {**os.environ, "SINK_NEVER_QUITS": "1"}
        self._certificate = []
        self.ca = None
        if mode != "none":
            _, self.ca = make_certificate(case)
            self._certificate = [self.ca, self.ca.with_name("key.pem")]
        case.addCleanup(self.kill)
        self.start()

    def start(self):
        self._process = subprocess.Popen(
            [PYTHON, "-B", pathlib.Path(__file__).with_name("smtp_sink.py"), str(self.port),
             self._mode, self._spool, *self._certificate, *self._user],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=self._env)
        if self._process.stdout.readline() != b"ready\n":
            raise AssertionError("the mail server does not start: is python3-aiosmtpd installed?")

    def kill(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def options(self, **more):
        """The `alerting.smtp` block for it."""
        return {"host": "127.0.0.1", "port": self.port, "from": "symphony@example.com",
                "tls": self._mode, **more}

    @property
    def messages(self):
        if not self._spool.exists():
            return []
        return [json.loads(line) for line in self._spool.read_text().splitlines()]

    def wait_for(self, count):
        wait_until(lambda: len(self.messages) >= count, f"{count} e-mails")
        return self.messages[count - 1]

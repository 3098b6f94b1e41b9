"""A real redis-server on a free loopback port, for one test."""

import socket
import subprocess
import tempfile

from .waiting import wait_until


class Redis:
    """Keeps nothing on disk; stops when `case` ends. `arguments` are more of its own."""

    def __init__(self, case, *arguments):
        self._arguments = arguments
        with socket.socket() as chosen:
            chosen.bind(("127.0.0.1", 0))
            self.port = chosen.getsockname()[1]
        self._directory = tempfile.TemporaryDirectory()
        case.addCleanup(self._directory.cleanup)
        case.addCleanup(self.kill)
        self.start()

    def start(self):
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", self._directory.name, *self._arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.command("PING") == b"+PONG\r\n", "redis-server to answer")

    def kill(self):
        self._process.kill()
        self._process.wait()

    def command(self, *words):
        """The first bytes of the answer; None when nobody answers."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as sock:
                sock.sendall((" ".join(words) + "\r\n").encode())
                return sock.recv(65536)
        except OSError:
            return None

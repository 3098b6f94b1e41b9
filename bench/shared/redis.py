"""A redis-server of a benchmark, on a free loopback port and one core."""

import os
import re
import socket
import subprocess
import tempfile
import time


def pin(cpu):
    """The command prefix that keeps a process on one core, where there are two or more."""
    return ["taskset", "-c", str(cpu)] if (os.cpu_count() or 1) > 1 else []


class Redis:
    def __init__(self, cpu):
        with socket.socket() as chosen:
            chosen.bind(("127.0.0.1", 0))
            self.port = chosen.getsockname()[1]
        self._cpu = cpu
        self._directory = tempfile.TemporaryDirectory()
        self._process = None

    def start(self):
        self._process = subprocess.Popen(
            [*pin(self._cpu), "redis-server", "--port", str(self.port), "--bind", "127.0.0.1",
             "--save", "", "--appendonly", "no", "--dir", self._directory.name],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while True:
            try:
                self.ask("PING")
                return
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.005)

    def kill(self):
        self._process.kill()
        self._process.wait()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
        self._directory.cleanup()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def ask(self, *words):
        """One command; a bulk string as bytes, anything else as its line."""
        with self.connect() as sock:
            send(sock, words)
            reader = sock.makefile("rb")
            line = reader.readline().rstrip(b"\r\n")
            if line[:1] == b"$" and line != b"$-1":
                return reader.read(int(line[1:]))
            return line

    def commands(self):
        """Commands that came over the wire to decide something; what scripts call is not counted."""
        sent = 0
        for line in self.ask("INFO", "commandstats").decode().splitlines():
            if line.startswith(("cmdstat_evalsha:", "cmdstat_eval:")):
                sent += int(line.split("calls=")[1].split(",")[0])
        return sent

    def cpu_seconds(self):
        """User and system time of the server so far."""
        text = self.ask("INFO", "cpu").decode()
        return sum(float(re.search(rf"used_cpu_{kind}:([\d.]+)", text)[1]) for kind in ("sys", "user"))

    def next_command(self, name, cause):
        """The words of the first command of that name that `cause` brings about."""
        with self.connect() as sock:
            send(sock, ["MONITOR"])
            reader = sock.makefile("rb")
            reader.readline()
            cause()
            while True:
                line = reader.readline().decode("latin-1")
                words = unquoted(line.split("] ", 1)[-1])
                if words and words[0].upper() == name:
                    return words


def send(sock, words):
    parts = [f"*{len(words)}\r\n".encode()]
    for word in words:
        data = word if isinstance(word, bytes) else str(word).encode()
        parts += [f"${len(data)}\r\n".encode(), data, b"\r\n"]
    sock.sendall(b"".join(parts))


def unquoted(line):
    """Words as MONITOR prints them: in double quotes."""
    words, word, inside, escaped = [], "", False, False
    for c in line:
        if escaped:
            word, escaped = word + c, False
        elif inside and c == "\\":
            escaped = True
        elif c == '"':
            if inside:
                words, word = [*words, word], ""
            inside = not inside
        elif inside:
            word += c
    return words

"""An HTTP API that misbehaves on demand.

A behaviour is a function of an `Exchange`; it returns whether the connection may be kept. Requests
are recorded exactly as they came. `Api.script` gives behaviours for the next requests, one each;
afterwards `Api.behaviour` answers.
"""

import dataclasses
import queue
import socket
import struct
import threading
import time

from .waiting import PATIENCE, wait_until


@dataclasses.dataclass
class Request:
    method: str
    target: str
    fields: list
    body: bytes
    raw_head: bytes
    at: float = dataclasses.field(default_factory=time.monotonic)

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None


@dataclasses.dataclass
class Exchange:
    api: "Api"
    sock: socket.socket
    request: Request

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode())


class Api:
    def __init__(self, case, behaviour=None, tls=None, port=0):
        self.behaviour = behaviour or answer()
        self._tls = tls
        self.requests = []
        self.connections = 0
        self.closing = threading.Event()
        self._script = []
        self._lock = threading.Lock()
        self._open = set()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=256)
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()
        case.addCleanup(self.stop)

    def script(self, *behaviours):
        with self._lock:
            self._script.extend(behaviours)

    def wait_for(self, count):
        wait_until(lambda: len(self.requests) >= count, f"{count} requests at the API")
        return self.requests[count - 1]

    def wait_until_closed(self):
        wait_until(lambda: not self._open, "the API to close its connections")

    def stop(self):
        self.closing.set()
        # shutdown wakes the accept; close alone would leave the port listening until it returns.
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        with self._lock:
            still_open = list(self._open)
        for sock in still_open:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                self._open.add(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        reader = None
        try:
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            reader = sock.makefile("rb")
            while (request := read_request(reader, sock)) is not None:
                with self._lock:
                    self.requests.append(request)
                    behave = self._script.pop(0) if self._script else self.behaviour
                if not behave(Exchange(self, sock, request)):
                    return
        except (OSError, ValueError):
            pass
        finally:
            if reader:
                reader.close()
            sock.close()
            with self._lock:
                self._open.discard(sock)


def read_request(reader, sock):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = reader.readline()
        if not line:
            return None
        head += line
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, target, _ = first.split(" ", 2)
    fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
    request = Request(method, target, fields, b"", head)
    if (request.get("expect") or "").lower() == "100-continue":
        sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    if "chunked" in (request.get("transfer-encoding") or "").lower():
        request.body = read_chunks(reader)
    elif request.get("content-length"):
        request.body = reader.read(int(request.get("content-length")))
    return request


def read_chunks(reader):
    body = b""
    while (size := int(reader.readline().split(b";")[0], 16)) > 0:
        body += reader.read(size)
        reader.readline()
    while reader.readline() not in (b"\r\n", b""):
        pass
    return body


def answer(status=200, body=b'{"ok":true}', headers=None, reason="X"):
    """A well-formed answer; a connection that can be kept."""
    body = body if isinstance(body, bytes) else body.encode()

    def behave(exchange):
        fields = {"content-type": "application/json", **(headers or {})}
        if status not in (204, 304):
            fields["content-length"] = str(len(body))
        head = f"HTTP/1.1 {status} {reason}\r\n"
        for name, value in fields.items():
            for one in value if isinstance(value, list) else [value]:
                head += f"{name}: {one}\r\n"
        send_body = exchange.request.method != "HEAD" and status not in (204, 304)
        exchange.send(head.encode("latin-1") + b"\r\n" + (body if send_body else b""))
        return True

    return behave


def hold(event, then=None):
    """Answers only once `event` is set."""
    then = then or answer()

    def behave(exchange):
        wait_until(lambda: event.is_set() or exchange.api.closing.is_set(), "the test's go")
        return then(exchange)

    return behave


def silent():
    """Reads the request and never answers; returns when the caller is gone."""
    def behave(exchange):
        exchange.sock.settimeout(PATIENCE * 3)
        exchange.sock.recv(1)
        return False

    return behave


def reset(after=b""):
    """Sends `after`, then a TCP reset."""
    def behave(exchange):
        exchange.send(after)
        exchange.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    return behave


def truncated(promised=1000, sent=b"only this"):
    """Closes in order before the promised length is reached."""
    def behave(exchange):
        exchange.send(f"HTTP/1.1 200 OK\r\ncontent-length: {promised}\r\n\r\n".encode() + sent)
        return False

    return behave


def garbage(data=b"this is not HTTP at all\r\n\r\n"):
    def behave(exchange):
        exchange.send(data)
        return False

    return behave


def endless():
    """A body that goes on until the caller has had enough."""
    def behave(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        while not exchange.api.closing.is_set():
            exchange.send(piece)
        return False

    return behave


def chunked(*pieces, headers=""):
    def behave(exchange):
        exchange.send(f"HTTP/1.1 200 OK\r\n{headers}transfer-encoding: chunked\r\n\r\n")
        for piece in pieces:
            exchange.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        exchange.send(b"0\r\n\r\n")
        return True

    return behave


def drip(pieces: queue.Queue, content_type="text/event-stream"):
    """Sends each piece when the test puts it into the queue; None ends the body."""
    def behave(exchange):
        exchange.send(f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\n"
                      "transfer-encoding: chunked\r\n\r\n")
        while (piece := pieces.get(timeout=PATIENCE)) is not None:
            exchange.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        exchange.send(b"0\r\n\r\n")
        return True

    return behave

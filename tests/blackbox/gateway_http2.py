"""HTTP/2 at the gateway, spoken by curl: over TLS by ALPN, in the clear by prior knowledge."""

import functools
import json
import pathlib
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

from support import (PATIENCE, Api, Gateway, answer, drip, hold, run, silent, single, truncated,
                     wait_until, write_config)
from support.certificates import make_pair, trusting


def curl_speaks_http2():
    program = shutil.which("curl")
    if not program:
        return False
    told = subprocess.run([program, "-V"], capture_output=True, text=True, check=False).stdout
    return any(line.startswith("Features:") and "HTTP2" in line for line in told.splitlines())


def over_both(test):
    """Runs the test with a gateway in the clear, and with one that speaks TLS."""
    @functools.wraps(test)
    def run(self):
        for tls in (False, True):
            with self.subTest(tls=tls):
                self.api = Api(self)
                test(self, self.gateway(tls))

    return run


class Program(unittest.TestCase):
    def test_call_says_what_was_spoken(self):
        gateway = Gateway(self, single(Api(self).url))
        url = f"http://127.0.0.1:{gateway.port}/shop/api"
        for version, spoken in (("2", "HTTP/2 200"), ("1.1", "HTTP/1.1 200")):
            with self.subTest(version=version):
                file = write_config(self, single(url, http={"version": version}))
                got = run(["call", "-i", "-c", file, "shop.api"])
                self.assertEqual((got.code, got.text.splitlines()[0]), (0, spoken), got.err)


@unittest.skipUnless(curl_speaks_http2(), "curl without HTTP/2")
class Http2(unittest.TestCase):
    def setUp(self):
        self.cert, self.key = make_pair(self)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def gateway(self, tls=False, **blocks):
        config = single(self.api.url, **{"timeout": 60000, **blocks})
        if tls:
            config["gateway"] = {"tls": {"cert": str(self.cert), "key": str(self.key)}}
        return Gateway(self, config, tls=trusting(self.cert) if tls else None)

    def command(self, gateway, *arguments):
        how = ["--http2", "--cacert", str(self.cert)] if gateway.tls else ["--http2-prior-knowledge"]
        return ["curl", "--silent", "--show-error", "--max-time", str(PATIENCE * 2), *how, *arguments]

    def url(self, gateway, path="/shop/api"):
        return f"{'https' if gateway.tls else 'http'}://127.0.0.1:{gateway.port}{path}"

    def curl(self, gateway, *arguments, path="/shop/api"):
        """The version and the status curl saw, the head, and the body."""
        head, body = self.folder / "head", self.folder / "body"
        body.write_bytes(b"")
        done = subprocess.run(
            self.command(gateway, "-w", "%{http_version} %{http_code}", "-D", str(head), "-o",
                         str(body), *arguments, self.url(gateway, path)),
            capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout, head.read_text(), body.read_bytes()

    @over_both
    def test_calls_go_through_it(self, gateway):
        told, head, body = self.curl(gateway, "-H", "X-Mixed: Case", "-H", "Cookie: a=1; b=2")
        self.assertEqual(told, "2 200")
        self.assertEqual(body, b'{"ok":true}')
        self.assertIn("content-length: 11", head)
        self.assertNotIn("connection:", head.lower())
        request = self.api.requests[-1]
        self.assertEqual(request.get("x-mixed"), "Case")
        self.assertEqual(request.get("cookie"), "a=1; b=2")
        self.assertEqual(request.get("host"), f"127.0.0.1:{self.api.port}")
        told, _, body = self.curl(gateway, "--head")
        self.assertEqual(told, "2 200")

    @over_both
    def test_http_1_is_spoken_as_well(self, gateway):
        self.assertEqual(gateway.request().status, 200)
        # Upgrade to h2c is out of use (RFC 9113, 3.1), and ignored.
        if not gateway.tls:
            self.assertEqual(gateway.request(headers={
                "Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c",
                "HTTP2-Settings": "AAMAAABkAARAAAAAAAIAAAAA"}).status, 200)

    def test_http_2_is_preferred_over_tls(self):
        self.api = Api(self)
        gateway = self.gateway(tls=True)
        for offered, agreed in ((["http/1.1", "h2"], "h2"), (["http/1.1"], "http/1.1"), (["h2"], "h2")):
            context = trusting(self.cert)
            context.set_alpn_protocols(offered)
            connection = gateway.connect(tls=context)
            connection.connect()
            self.assertEqual(connection.sock.selected_alpn_protocol(), agreed)
            connection.close()

    @over_both
    def test_large_bodies_go_both_ways(self, gateway):
        body = bytes(range(256)) * 20_000
        file = self.folder / "upload"
        file.write_bytes(body)
        self.api.behaviour = answer(body=body)
        for more in ((), ("-H", "Content-Length:")):
            told, _, got = self.curl(gateway, "--data-binary", f"@{file}", *more)
            self.assertEqual(told, "2 200")
            self.assertEqual(self.api.requests[-1].body, body)
            self.assertEqual(got, body)

    # In the clear this curl fails at it, with any server.
    def test_many_at_once_share_a_connection(self):
        self.api = Api(self)
        gateway = self.gateway(tls=True)
        outputs = [arg for number in range(60) for arg in
                   ("-o", str(self.folder / f"out{number}"), self.url(gateway))]
        done = subprocess.run(
            self.command(gateway, "--parallel", "--parallel-max", "50", "-w",
                         "%{http_code} %{num_connects}\n", *outputs),
            capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        told = [line.split() for line in done.stdout.splitlines()]
        self.assertEqual([status for status, _ in told], ["200"] * 60)
        self.assertLessEqual(sum(int(connects) for _, connects in told), 3)

    @over_both
    def test_a_stream_passes_as_it_comes(self, gateway):
        pieces = queue.Queue()
        self.api.behaviour = drip(pieces)
        client = subprocess.Popen(self.command(gateway, "--no-buffer", self.url(gateway)),
                                  stdout=subprocess.PIPE)
        self.addCleanup(client.stdout.close)
        self.addCleanup(client.kill)
        for piece in (b"data: 1\n", b"data: 2\n"):
            pieces.put(piece)
            self.assertEqual(client.stdout.readline(), piece)
        pieces.put(None)
        self.assertEqual(client.stdout.read(), b"")
        self.assertEqual(client.wait(PATIENCE), 0)

    @over_both
    def test_errors_are_problems(self, gateway):
        told, head, body = self.curl(gateway, path="/nothing/here")
        self.assertEqual(told, "2 404")
        self.assertIn("content-type: application/problem+json", head)
        self.assertEqual(json.loads(body)["status"], 404)
        self.api.behaviour = truncated(promised=1_000_000)
        with self.assertRaisesRegex(AssertionError, "(?i)stream|http/?2|transfer"):
            self.curl(gateway)  # what is cut short upstream is not whole here
        self.api.stop()
        told, head, body = self.curl(gateway)
        self.assertEqual(told, "2 502")
        self.assertIn("proxy-status: ", head)
        self.assertEqual(json.loads(body)["status"], 502)

    @over_both
    def test_a_client_that_leaves_cancels_its_call(self, gateway):
        self.api.behaviour = silent()
        client = subprocess.Popen(self.command(gateway, self.url(gateway)),
                                  stdout=subprocess.DEVNULL)
        self.api.wait_for(1)
        client.send_signal(signal.SIGKILL)
        client.wait(PATIENCE)
        wait_until(lambda: gateway.metric("symphony_calls_total", outcome="cancelled") == 1,
                   "the call to be cancelled")

    @over_both
    def test_draining_waits_for_streams(self, gateway):
        go = threading.Event()
        self.addCleanup(go.set)
        self.api.behaviour = hold(go)
        client = subprocess.Popen(
            self.command(gateway, "-w", "%{http_code}", "-o", "/dev/null", self.url(gateway)),
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(client.stdout.close)
        self.api.wait_for(1)
        gateway.terminate()
        gateway.wait_for_line("drain")
        go.set()
        self.assertEqual(client.communicate(timeout=PATIENCE)[0], "200")
        self.assertEqual(gateway.wait_for_exit(), 0)


if __name__ == "__main__":
    unittest.main()

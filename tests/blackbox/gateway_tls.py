"""`gateway.tls`: HTTPS for the gateway's callers."""

import http.client
import queue
import socket
import ssl
import threading
import unittest

from support import PATIENCE, Api, Gateway, answer, drip, endless, hold, run, single, wait_until, write_config
from support.certificates import make_pair, trusting


class Tls(unittest.TestCase):
    def setUp(self):
        self.api = Api(self)
        self.cert, self.key = make_pair(self)
        self.trust = trusting(self.cert)

    def gateway(self, trust=None, **tls):
        files = {"cert": str(self.cert), "key": str(self.key), **tls}
        return Gateway(self, {**single(self.api.url, timeout=60000), "gateway": {"tls": files}},
                       tls=trust or self.trust)

    def test_calls_go_through_it(self):
        gateway = self.gateway()
        self.assertTrue(any("listening on https://" in x for x in gateway.lines))
        self.assertEqual(gateway.request().status, 200)
        self.assertEqual(gateway.admin("/readyz").status, 200)  # loopback: in the clear

    def test_many_on_one_connection_and_large_bodies(self):
        gateway = self.gateway()
        connection = gateway.connect()
        self.addCleanup(connection.close)
        for size in (0, 1, 16383, 16384, 16385, 3_000_000, 10):
            body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
            connection.request("POST", "/shop/api", body=body)
            got = connection.getresponse()
            self.assertEqual(got.status, 200)
            got.read()
            self.assertEqual(self.api.requests[-1].body, body)

    def test_large_answers_arrive_whole(self):
        gateway = self.gateway()
        body = bytes(range(256)) * 20_000
        self.api.behaviour = answer(body=body)
        self.assertEqual(gateway.request().body, body)

    def test_a_stream_passes_as_it_comes(self):
        gateway = self.gateway()
        pieces = queue.Queue()
        self.api.behaviour = drip(pieces)
        connection = gateway.connect()
        self.addCleanup(connection.close)
        connection.request("GET", "/shop/api")
        got = connection.getresponse()
        for piece in (b"data: 1\n\n", b"data: 2\n\n"):
            pieces.put(piece)
            self.assertEqual(got.read1(), piece)
        pieces.put(None)
        self.assertEqual(got.read(), b"")

    def test_a_client_that_leaves_cancels_its_call(self):
        gateway = self.gateway()
        go = threading.Event()
        self.addCleanup(go.set)
        self.api.behaviour = hold(go)
        connection = gateway.connect()
        connection.request("GET", "/shop/api")
        self.api.wait_for(1)
        connection.close()
        wait_until(lambda: gateway.metric("symphony_calls_total", outcome="cancelled") == 1,
                   "the call to be cancelled")

    def test_a_client_that_reads_nothing_holds_nobody_up(self):
        gateway = self.gateway()
        self.api.behaviour = endless()
        slow = gateway.connect()
        self.addCleanup(slow.close)
        slow.request("GET", "/shop/api")
        slow.getresponse()
        self.api.behaviour = answer()
        self.assertEqual(gateway.request().status, 200)

    def test_versions_and_protocols(self):
        gateway = self.gateway(minVersion="1.3")
        old = trusting(self.cert)
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with self.assertRaises(ssl.SSLError):
            gateway.request(tls=old)
        both = trusting(self.cert)
        both.set_alpn_protocols(["spdy/3", "http/1.1"])
        connection = gateway.connect(tls=both)
        connection.connect()
        self.assertEqual(connection.sock.selected_alpn_protocol(), "http/1.1")
        self.assertEqual(connection.sock.version(), "TLSv1.3")
        connection.close()
        other = trusting(self.cert)
        other.set_alpn_protocols(["spdy/3"])
        with self.assertRaises(ssl.SSLError):
            gateway.request(tls=other)

    def test_a_session_is_resumed(self):
        gateway = self.gateway()
        context = trusting(self.cert)
        with socket.create_connection(("127.0.0.1", gateway.port), PATIENCE) as raw:
            with context.wrap_socket(raw, server_hostname="127.0.0.1") as first:
                first.sendall(b"GET /shop/api HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertTrue(first.recv(1))  # with it came the ticket
                session = first.session
        with socket.create_connection(("127.0.0.1", gateway.port), PATIENCE) as raw:
            with context.wrap_socket(raw, server_hostname="127.0.0.1", session=session) as again:
                self.assertTrue(again.session_reused)

    def test_http_in_the_clear_is_told(self):
        gateway = self.gateway()
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENCE)
        self.addCleanup(connection.close)
        connection.request("POST", "/shop/api", body=b"x" * 50_000)
        got = connection.getresponse()
        self.assertEqual(got.status, 400)
        self.assertIn(b"https://", got.read())
        self.assertEqual(self.api.requests, [])

    def test_what_is_no_tls_ends(self):
        gateway = self.gateway()
        with socket.create_connection(("127.0.0.1", gateway.port), PATIENCE) as raw:
            raw.sendall(b"\x16\x03\x01\xff\xff" + b"garbage" * 1000)
            raw.settimeout(PATIENCE)
            try:
                while raw.recv(4096):
                    pass
            except ConnectionResetError:
                pass
        self.assertEqual(gateway.request().status, 200)

    def test_only_clients_with_a_certificate(self):
        theirs = make_pair(self, "caller")
        strangers = make_pair(self, "stranger")
        gateway = self.gateway(trust=trusting(self.cert, *theirs), clientCa=str(theirs[0]))
        self.assertEqual(gateway.request().status, 200)
        for context in (self.trust, trusting(self.cert, *strangers)):
            with self.assertRaises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
                gateway.request(tls=context)
        self.assertEqual(len(self.api.requests), 1)

    def test_an_encrypted_key(self):
        self.cert, self.key = make_pair(self, passphrase="open sesame")
        self.trust = trusting(self.cert)
        self.assertEqual(self.gateway(passphrase="open sesame").request().status, 200)

    def test_changed_files_hold_for_new_connections(self):
        gateway = self.gateway()
        kept = gateway.connect()
        self.addCleanup(kept.close)
        kept.request("GET", "/shop/api")
        kept.getresponse().read()
        fresh = make_pair(self)
        self.cert.write_bytes(b"not a certificate")

        def told(pattern):
            gateway.request()  # a look needs a connection
            return any(pattern in x for x in list(gateway.lines))

        wait_until(lambda: told("cannot be used"), "the broken pair to be told")
        self.key.write_bytes(fresh[1].read_bytes())
        self.cert.write_bytes(fresh[0].read_bytes())

        def served_anew():
            try:
                return gateway.request(tls=trusting(fresh[0])).status == 200
            except ssl.SSLCertVerificationError:
                return False

        wait_until(served_anew, "the new certificate")
        gateway.wait_for_line("changed TLS files were read")
        kept.request("GET", "/shop/api")
        self.assertEqual(kept.getresponse().status, 200)

    def test_the_end_is_told_in_order(self):
        gateway = self.gateway()
        with socket.create_connection(("127.0.0.1", gateway.port), PATIENCE) as raw:
            with self.trust.wrap_socket(raw, server_hostname="127.0.0.1",
                                        suppress_ragged_eofs=False) as tls:
                tls.sendall(b"GET /shop/api HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                while tls.recv(4096):
                    pass  # an end without close_notify would raise


class Faults(unittest.TestCase):
    def check(self, **tls):
        file = write_config(self, {**single("http://127.0.0.1:1"), "gateway": {"tls": tls}})
        return run(["check", "-c", str(file)])

    def test_each_is_named_with_its_place(self):
        cert, key = map(str, make_pair(self))
        locked = str(make_pair(self, passphrase="s3cret-words")[1])
        other = str(make_pair(self)[1])
        for tls, path, words in (
                ({"key": key}, "gateway.tls", "cert"),
                ({"cert": cert, "key": other}, "gateway.tls.key", "does not belong"),
                ({"cert": "nowhere.pem", "key": key}, "gateway.tls.cert", "no such file"),
                ({"cert": cert, "key": locked}, "gateway.tls", "passphrase"),
                ({"cert": cert, "key": locked, "passphrase": "guess"}, "gateway.tls.passphrase",
                 "does not open"),
                ({"cert": cert, "key": key, "minVersion": "1.1"}, "gateway.tls.minVersion", "1.2"),
                ({"cert": cert, "key": key, "clientCa": key}, "gateway.tls.clientCa", "PEM"),
                ({"cert": cert, "key": key, "clientCA": cert}, "gateway.tls", "clientCa")):
            with self.subTest(tls=sorted(tls), path=path):
                outcome = self.check(**tls)
                self.assertEqual(outcome.code, 2)
                self.assertIn(path, outcome.err)
                self.assertIn(words, outcome.err)
                self.assertNotIn("s3cret-words", outcome.err)


if __name__ == "__main__":
    unittest.main()

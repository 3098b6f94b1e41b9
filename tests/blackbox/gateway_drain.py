"""SIGTERM: calls in flight finish, nothing new comes in, exit 0 (130 on SIGINT)."""

import http.client
import json
import queue
import signal
import socket
import threading
import unittest

from support import PATIENCE, Api, Gateway, drip, hold, silent, single, wait_until


class Drain(unittest.TestCase):
    def setUp(self):
        self.api = Api(self)

    def gateway(self, **gateway):
        return Gateway(self, {**single(self.api.url, timeout=60000), "gateway": gateway})

    def refuses(self, gateway):
        try:
            socket.create_connection(("127.0.0.1", gateway.port), timeout=PATIENCE).close()
        except (ConnectionRefusedError, ConnectionResetError):  # reset: it was in the backlog
            return True
        return False

    def test_without_calls_it_ends_at_once(self):
        for number, status in ((signal.SIGTERM, 0), (signal.SIGINT, 130)):
            with self.subTest(signal=number):
                gateway = self.gateway()
                gateway.signal(number)
                self.assertEqual(gateway.wait_for_exit(), status)

    def test_a_call_in_flight_finishes(self):
        gateway = self.gateway()
        go = threading.Event()
        self.api.behaviour = hold(go)
        flying = gateway.start_request()
        self.api.wait_for(1)
        gateway.terminate()
        wait_until(lambda: self.refuses(gateway), "new connections to be refused")
        self.assertEqual(gateway.admin("/readyz").status, 503)
        self.assertIsNone(gateway.process.poll())
        go.set()
        self.assertEqual(flying.answer.status, 200)
        self.assertEqual(gateway.wait_for_exit(), 0)

    def test_a_stream_in_flight_finishes(self):
        gateway = self.gateway()
        pieces = queue.Queue()
        self.api.behaviour = drip(pieces)
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENCE)
        self.addCleanup(connection.close)
        connection.request("GET", "/shop/api")
        got = connection.getresponse()
        gateway.terminate()
        wait_until(lambda: self.refuses(gateway), "new connections to be refused")
        pieces.put(b"data: last\n\n")
        pieces.put(None)
        self.assertEqual(got.read(), b"data: last\n\n")
        self.assertEqual(gateway.wait_for_exit(), 0)

    def test_idle_connections_do_not_hold_it_up(self):
        gateway = self.gateway()
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENCE)
        self.addCleanup(connection.close)
        connection.request("GET", "/shop/api")
        connection.getresponse().read()
        gateway.terminate()
        self.assertEqual(gateway.process.wait(10), 0)  # far below the drain time-out

    def test_the_drain_timeout_ends_what_does_not_end(self):
        gateway = self.gateway(drainTimeout="300ms")
        self.api.behaviour = silent()
        flying = gateway.start_request()
        self.api.wait_for(1)
        gateway.terminate()
        self.assertEqual(gateway.wait_for_exit(), 0)
        with self.assertRaises((http.client.HTTPException, OSError)):
            _ = flying.answer

    def test_a_reload_changes_the_timeout(self):
        config = {**single(self.api.url, timeout=60000), "gateway": {"drainTimeout": "60s"}}
        gateway = Gateway(self, config)
        self.api.behaviour = silent()
        gateway.start_request()
        self.api.wait_for(1)
        config["gateway"]["drainTimeout"] = "300ms"
        gateway.file.write_text(json.dumps(config))
        self.assertEqual(gateway.admin("/v1/reload", "POST").status, 200)
        gateway.terminate()
        self.assertEqual(gateway.process.wait(20), 0)  # far below the first time-out


if __name__ == "__main__":
    unittest.main()

"""How a circuit heals: recovery in steps and health checks, as seen through the gateway."""

import json
import socket
import threading
import time
import unittest

from support import Api, Gateway, answer, hold, reset, silent, single, wait_until


class BreakerCase(unittest.TestCase):
    def setUp(self):
        self.api = Api(self)

    def gateway(self, **breaker):
        breaker = {"failureThreshold": 1, "resetTimeoutMs": 60000, **breaker}
        return Gateway(self, single(self.api.url, circuitBreaker=breaker))

    def open(self, gateway):
        self.api.behaviour = answer(500)
        self.assertEqual(gateway.request().status, 500)
        self.assertEqual(self.state(gateway), "open")

    def breaker(self, gateway):
        return gateway.endpoint_status()["breaker"]

    def state(self, gateway):
        return self.breaker(gateway)["state"]

    def wait_for_state(self, gateway, state):
        wait_until(lambda: self.state(gateway) == state, f"the circuit to be {state}")

    def assert_circuit_open(self, got):
        self.assertEqual((got.status, got.json["kind"]), (503, "circuit_open"), got)


class Gradual(BreakerCase):
    def test_admits_a_growing_share_counted_out_evenly(self):
        gateway = self.gateway(resetTimeoutMs=100, recovery={"strategy": "gradual"})
        self.open(gateway)
        self.api.behaviour = answer(200)
        wait_until(lambda: gateway.request().status == 200, "the probe")
        self.assertEqual(self.breaker(gateway),
                         {"state": "half-open", "manual": False, "admittedShare": 0.2})
        seen = [gateway.request().status for _ in range(10)]
        self.assertEqual(seen, [503, 503, 503, 503, 200, 503, 503, 200, 503, 200])
        self.assertEqual(self.breaker(gateway), {"state": "closed", "manual": False})

    def test_a_failure_on_the_way_opens(self):
        gateway = self.gateway(resetTimeoutMs=100, recovery={"strategy": "gradual"})
        self.open(gateway)
        self.api.behaviour = answer(200)
        wait_until(lambda: gateway.request().status == 200, "the probe")
        self.api.behaviour = answer(500)
        self.assertEqual([gateway.request().status for _ in range(5)], [503] * 4 + [500])
        self.assertEqual(self.state(gateway), "open")


class HealthCheck(BreakerCase):
    def setUp(self):
        super().setUp()
        self.page = Api(self)

    def checked(self, interval=50, **breaker):
        return self.gateway(healthCheckEndpoint=f"{self.page.url}/health?full=1",
                            healthCheckInterval=interval, **breaker)

    def test_heals_long_before_the_time_out(self):
        gateway = self.checked()
        self.page.behaviour = answer(503)
        self.assertEqual(len(self.page.requests), 0)
        self.open(gateway)
        request = self.page.wait_for(3)
        self.assertEqual((request.method, request.target), ("GET", "/health?full=1"))
        self.assert_circuit_open(gateway.request())
        self.api.behaviour = answer(200)
        recovered = time.monotonic()
        self.page.behaviour = answer(204)
        self.wait_for_state(gateway, "half-open")
        self.assertEqual(gateway.request().status, 200)
        self.assertLess(time.monotonic() - recovered, 10)
        self.assertEqual(self.state(gateway), "closed")
        asked = len(self.page.requests)
        self.assertEqual([gateway.request().status for _ in range(20)], [200] * 20)
        self.assertEqual(len(self.page.requests), asked, "a closed circuit asks nothing")

    def test_a_sick_page_holds_it_open_past_its_time_and_not_for_ever(self):
        gateway = self.checked(resetTimeoutMs=100, maxResetTimeoutMs=1500)
        self.page.behaviour = reset()
        began = time.monotonic()
        self.open(gateway)
        self.api.behaviour = answer(200)
        wait_until(lambda: gateway.request().status == 200, "a real call")
        self.assertGreater(time.monotonic() - began, 1.4)
        self.assertEqual(self.state(gateway), "closed")

    def test_a_page_that_never_answers_is_given_up_and_asked_again(self):
        gateway = self.checked()
        self.page.behaviour = silent()
        self.open(gateway)
        self.page.wait_for(2)
        self.assertEqual(self.state(gateway), "open")

    def test_a_page_that_is_not_there_and_comes_back(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        gateway = self.gateway(healthCheckEndpoint=f"http://127.0.0.1:{port}/",
                               healthCheckInterval=30)
        self.open(gateway)
        gateway.wait_for_line("circuit closed -> open")
        self.assertEqual(self.state(gateway), "open")
        server = socket.create_server(("127.0.0.1", port))
        self.addCleanup(server.close)

        def serve():
            try:
                sock, _ = server.accept()
                with sock:
                    sock.recv(65536)
                    sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            except OSError:
                pass

        threading.Thread(target=serve, daemon=True).start()
        self.wait_for_state(gateway, "half-open")

    def test_reload_ends_begins_and_changes_the_checks(self):
        gateway = self.checked()
        self.page.behaviour = answer(503)
        self.open(gateway)
        self.page.wait_for(2)
        config = json.loads(gateway.file.read_text())
        breaker = config["tools"][0]["externalAPIs"]["api"]["circuitBreaker"]
        page = breaker.pop("healthCheckEndpoint")
        interval = breaker.pop("healthCheckInterval")
        gateway.file.write_text(json.dumps(config))
        self.assertEqual(gateway.admin("/v1/reload", "POST").status, 200)
        self.assertEqual(self.state(gateway), "open")
        breaker["healthCheckEndpoint"] = page.replace("full", "other")
        breaker["healthCheckInterval"] = interval
        gateway.file.write_text(json.dumps(config))
        self.assertEqual(gateway.admin("/v1/reload", "POST").status, 200)
        wait_until(lambda: self.page.requests[-1].target == "/health?other=1", "the new page")
        self.page.behaviour = answer(200)
        self.wait_for_state(gateway, "half-open")

    def test_a_check_under_way_holds_up_no_end(self):
        gateway = self.checked()
        go = threading.Event()
        self.page.behaviour = hold(go)
        self.open(gateway)
        self.page.wait_for(1)
        gateway.terminate()
        self.assertEqual(gateway.wait_for_exit(), 0)
        go.set()

    def test_opened_by_hand_it_is_not_asked(self):
        gateway = self.checked(interval=20)
        got = gateway.admin("/v1/breakers/shop/api", "POST", body='{"state":"open"}')
        self.assertEqual(got.status, 200)
        for _ in range(50):
            self.assert_circuit_open(gateway.request())
        self.assertEqual(len(self.page.requests), 0)


if __name__ == "__main__":
    unittest.main()

"""Calls in flight bounded, requests hedged, failures by condition: as seen through the gateway."""

import queue
import socket
import threading
import unittest

from support import (Api, Gateway, answer, drip, hold, run, silent, single, wait_until,
                     write_config)


class ConcurrencyCase(unittest.TestCase):
    def setUp(self):
        self.api = Api(self)
        self.go = threading.Event()

    def gateway(self, **blocks):
        return Gateway(self, single(self.api.url, **blocks))

    def concurrency(self, gateway):
        return gateway.endpoint_status()["concurrency"]

    def wait_for(self, gateway, **expected):
        wait_until(lambda: expected.items() <= self.concurrency(gateway).items(), str(expected))

    def assert_overloaded(self, got):
        self.assertEqual(got.status, 503, got)
        self.assertEqual(got.get("content-type"), "application/problem+json")
        self.assertEqual(got.json["kind"], "overloaded")
        self.assertEqual(got.json["type"], "urn:symphony:error:overloaded")
        self.assertIn("proxy-status", [name.lower() for name, _ in got.fields])


class Bulkhead(ConcurrencyCase):
    def test_more_than_max_are_refused_at_once(self):
        gateway = self.gateway(concurrency={"max": 2},
                               circuitBreaker={"failureThreshold": 1})
        self.api.behaviour = hold(self.go)
        calls = [gateway.start_request() for _ in range(2)]
        self.api.wait_for(2)
        got = gateway.request()
        self.assert_overloaded(got)
        self.assertIn("2 at a time", got.json["detail"])
        self.assertEqual(self.concurrency(gateway),
                         {"limit": 2, "inFlight": 2, "queued": 0, "adaptive": False})
        self.assertEqual(gateway.metric("symphony_concurrency_rejected_total"), 1)
        self.assertEqual(gateway.metric("symphony_concurrency_in_flight"), 2)
        self.assertEqual(gateway.endpoint_status()["breaker"]["state"], "closed")
        self.go.set()
        self.assertEqual([call.answer.status for call in calls], [200, 200])
        self.assertEqual(gateway.request().status, 200)
        self.assertEqual(self.concurrency(gateway)["inFlight"], 0)

    def test_the_queue_goes_by_class_and_then_by_arrival(self):
        gateway = self.gateway(concurrency={"max": 1, "maxQueueSize": 10})
        self.api.script(hold(self.go))
        calls = [gateway.start_request(headers={"x-n": "first"})]
        self.api.wait_for(1)
        for count, (name, priority) in enumerate((("low", "9"), ("mid-1", "5"), ("mid-2", "5"),
                                                  ("high", "0")), 1):
            calls.append(gateway.start_request(headers={"x-n": name,
                                                        "symphony-priority": priority}))
            self.wait_for(gateway, queued=count)
        self.go.set()
        self.assertEqual([call.answer.status for call in calls], [200] * 5)
        order = [request.get("x-n") for request in self.api.requests]
        self.assertEqual(order, ["first", "high", "mid-1", "mid-2", "low"])
        self.assertEqual(gateway.metric("symphony_concurrency_wait_seconds_count"), 5)

    def test_a_full_queue_and_a_caller_that_leaves(self):
        gateway = self.gateway(concurrency={"max": 1, "maxQueueSize": 1})
        self.api.behaviour = hold(self.go)
        first = gateway.start_request()
        self.api.wait_for(1)
        with socket.create_connection(("127.0.0.1", gateway.port)) as sock:
            sock.sendall(b"GET /shop/api HTTP/1.1\r\nhost: x\r\n\r\n")
            self.wait_for(gateway, queued=1)
            self.assert_overloaded(gateway.request())
        self.wait_for(gateway, queued=0)
        second = gateway.start_request()
        self.wait_for(gateway, queued=1)
        self.go.set()
        self.assertEqual((first.answer.status, second.answer.status), (200, 200))

    def test_a_wait_ends_with_the_deadline(self):
        gateway = self.gateway(timeout=1000, concurrency={"max": 1, "maxQueueSize": 9,
                                                          "maxQueueTime": "200ms"})
        self.api.behaviour = hold(self.go)
        first = gateway.start_request()
        self.api.wait_for(1)
        self.assert_overloaded(gateway.request())
        self.assertEqual(first.answer.status, 504)

    def test_in_flight_until_the_answer_is_read(self):
        pieces = queue.Queue()
        gateway = self.gateway(concurrency={"max": 1})
        self.api.script(drip(pieces))
        call = gateway.start_request()
        pieces.put(b"data: 1\n\n")
        self.api.wait_for(1)
        self.wait_for(gateway, inFlight=1)
        self.assert_overloaded(gateway.request())
        pieces.put(None)
        self.assertEqual(call.answer.status, 200)
        self.wait_for(gateway, inFlight=0)

    def test_a_reload_keeps_those_in_flight(self):
        gateway = self.gateway(concurrency={"max": 1, "maxQueueSize": 5})
        self.api.behaviour = hold(self.go)
        calls = [gateway.start_request()]
        self.api.wait_for(1)
        calls.append(gateway.start_request())
        self.wait_for(gateway, queued=1)
        gateway.file.write_text(write_config(
            self, single(self.api.url, concurrency={"max": 2})).read_text())
        self.assertEqual(gateway.admin("/v1/reload", "POST").status, 200)
        self.api.wait_for(2)
        self.wait_for(gateway, limit=2, inFlight=2, queued=0)
        self.go.set()
        self.assertEqual([call.answer.status for call in calls], [200, 200])


class Adaptive(ConcurrencyCase):
    def test_shows_its_limit_and_backs_off_when_the_api_says_503(self):
        gateway = self.gateway(concurrency={"adaptive": True, "initial": 20, "max": 50})
        self.assertEqual(self.concurrency(gateway),
                         {"limit": 20, "inFlight": 0, "queued": 0, "adaptive": True})
        self.api.behaviour = answer(503)

        def backs_off():
            for _ in range(10):
                gateway.request()
            return self.concurrency(gateway)["limit"] < 20

        wait_until(backs_off, "a lower limit")
        self.assertLess(gateway.metric("symphony_concurrency_limit"), 20)


class Hedging(ConcurrencyCase):
    def test_the_second_request_is_answered_first(self):
        gateway = self.gateway(hedge={"after": 100})
        self.api.script(silent(), answer(200, b"second"))
        got = gateway.request()
        self.assertEqual((got.status, got.body), (200, b"second"))
        self.assertEqual(got.get("symphony-attempts"), "2")
        self.assertEqual(len(self.api.requests), 2)
        self.assertEqual(self.api.connections, 2)
        self.assertEqual(gateway.metric("symphony_attempts_total"), 2)
        self.assertEqual(gateway.metric("symphony_hedges_total", result="won"), 1)
        self.assertEqual(gateway.metric("symphony_in_flight"), 0)

    def test_the_one_that_lost_is_hung_up_on(self):
        gateway = self.gateway(hedge={"after": 50})
        gone = threading.Event()

        def until_gone(exchange):
            silent()(exchange)
            gone.set()
            return False

        self.api.script(until_gone, answer(200))
        self.assertEqual(gateway.request().status, 200)
        wait_until(gone.is_set, "the end of the first request")

    def test_only_what_may_arrive_twice(self):
        gateway = self.gateway(hedge={"after": 50})
        self.api.script(hold(self.go))
        call = gateway.start_request(method="POST", body=b"x")
        self.api.wait_for(1)
        # A GET that is hedged meanwhile shows that the time is over.
        self.api.script(silent(), answer(200))
        self.assertEqual(gateway.request().status, 200)
        self.assertEqual(len(self.api.requests), 3)
        self.go.set()
        self.assertEqual(call.answer.get("symphony-attempts"), "1")

    def test_never_above_a_limit(self):
        gateway = self.gateway(hedge={"after": 50}, concurrency={"max": 1, "maxQueueSize": 9})
        self.api.behaviour = hold(self.go)
        call = gateway.start_request()
        wait_until(lambda: gateway.metric("symphony_hedges_total", result="refused") == 1,
                   "a hedge that was not made")
        self.go.set()
        self.assertEqual(call.answer.status, 200)
        self.assertEqual(len(self.api.requests), 1)

    def test_the_deadline_ends_all(self):
        gateway = self.gateway(timeout=400, hedge={"after": 50, "max": 2})
        self.api.behaviour = silent()
        got = gateway.request()
        self.assertEqual((got.status, got.json["kind"], got.json["attempts"]), (504, "timeout", 3))

    def test_a_client_that_leaves_ends_all(self):
        gateway = self.gateway(hedge={"after": 50}, concurrency={"max": 5})
        self.api.behaviour = silent()
        with socket.create_connection(("127.0.0.1", gateway.port)) as sock:
            sock.sendall(b"GET /shop/api HTTP/1.1\r\nhost: x\r\n\r\n")
            self.api.wait_for(2)
            self.wait_for(gateway, inFlight=2)
        self.wait_for(gateway, inFlight=0)


class Conditions(ConcurrencyCase):
    def test_what_a_failure_is_can_be_said(self):
        gateway = self.gateway(circuitBreaker={"failureThreshold": 2, "failureConditions": [
            ".status == 429", '.type == "timeout"']})
        self.api.behaviour = answer(500)
        self.assertEqual([gateway.request().status for _ in range(4)], [500] * 4)
        self.assertEqual(gateway.endpoint_status()["breaker"]["state"], "closed")
        self.api.behaviour = answer(429)
        self.assertEqual([gateway.request().status for _ in range(3)], [429, 429, 503])
        self.assertEqual(gateway.endpoint_status()["breaker"]["state"], "open")


class Check(unittest.TestCase):
    def test_prints_the_layers_in_their_order(self):
        file = write_config(self, single("http://localhost", rateLimit={"maxRequestsPerSecond": 5},
                                         circuitBreaker={}, hedge={}, auth={
                                             "type": "bearer", "credentials": {"token": "t"}},
                                         concurrency={"adaptive": True, "max": 50}))
        text = run(["check", "-c", file]).text
        places = [text.index(word) for word in ("hedge  ", "circuit breaker  opens", "rate limit",
                                                "circuit breaker  permit", "concurrency  ",
                                                "credentials", "transport")]
        self.assertEqual(places, sorted(places))
        self.assertIn("adaptive, 1 to 50 at a time, 20 at first", text)
        self.assertIn("the p95 of latencies", text)

    def test_names_each_fault_with_its_place(self):
        file = write_config(self, "version: 1\ntools:\n  - name: t\n    externalAPIs:\n      e:\n"
                            "        url: http://localhost\n"
                            "        concurrency: {maxi: 5}\n"
                            "        hedge: {after: p200}\n", "symphony.yaml")
        got = run(["check", "-c", file])
        self.assertEqual(got.code, 2)
        self.assertRegex(got.err, r"symphony.yaml:7:\d+: .*concurrency\.maxi.*unknown.*")
        self.assertIn("needs 'max' or 'adaptive: true'", got.err)
        self.assertRegex(got.err, r"symphony.yaml:8:\d+: .*hedge\.after: must be p50 to p99")


if __name__ == "__main__":
    unittest.main()

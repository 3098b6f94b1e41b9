"""Limits, breakers and retries as seen through the gateway."""

import time
import unittest
import threading
import socket

from support import (Api, Gateway, answer, endpoint, hold, reset, single, tools, wait_until)


class PolicyCase(unittest.TestCase):
    def setUp(self):
        self.api = Api(self)

    def gateway(self, **blocks):
        return Gateway(self, single(self.api.url, **blocks))

    def assert_local(self, got, kind):
        self.assertEqual(got.get("content-type"), "application/problem+json", got)
        self.assertEqual(got.json["kind"], kind)


class Limits(PolicyCase):
    def remaining(self, gateway):
        return [level["remaining"] for level in gateway.endpoint_status()["rateLimit"]["levels"]]

    def test_a_refusal_spends_nothing_on_any_level(self):
        gateway = self.gateway(rateLimit={"maxQueueSize": 0, "limits": [
            {"max": 2, "window": "10m"}, {"max": 10, "window": "1h"}]})
        statuses = [gateway.request().status for _ in range(7)]
        self.assertEqual(statuses, [200] * 2 + [429] * 5)
        self.assertEqual(self.remaining(gateway), [0, 8])

    def test_cost(self):
        gateway = self.gateway(rateLimit={"maxRequestsPerMinute": 5, "maxQueueSize": 0})
        self.assertEqual(gateway.request(headers={"symphony-cost": "3"}).status, 200)
        self.assertEqual(gateway.request(headers={"symphony-cost": "0"}).status, 200)
        self.assertEqual(self.remaining(gateway), [2])
        self.assertEqual(gateway.request(headers={"symphony-cost": "3"}).status, 429)
        self.assertEqual(gateway.request(headers={"symphony-cost": "2"}).status, 200)

    def test_one_prefix_is_one_budget(self):
        limit = {"maxRequestsPerMinute": 2, "maxQueueSize": 0, "keyPrefix": "both"}
        gateway = Gateway(self, tools(a={"x": endpoint(self.api.url, rateLimit=limit)},
                                      b={"y": endpoint(self.api.url, rateLimit=limit)}))
        self.assertEqual([gateway.request(path).status for path in ("/a/x", "/b/y", "/a/x", "/b/y")],
                         [200, 200, 429, 429])

    def test_the_queue_goes_by_class_and_then_by_arrival(self):
        gateway = self.gateway(timeout=30000, rateLimit={"limits": [{"max": 1, "window": "2s"}]})
        gateway.request(headers={"x-n": "first"})
        calls = []
        for count, (name, priority) in enumerate((("low", "9"), ("mid-1", "5"), ("mid-2", "5"),
                                                  ("high", "0")), 1):
            calls.append(gateway.start_request(headers={"x-n": name,
                                                        "symphony-priority": priority}))
            gateway.wait_for_queued(count)
        self.assertEqual([call.answer.status for call in calls], [200] * 4)
        order = [request.get("x-n") for request in self.api.requests]
        self.assertEqual(order, ["first", "high", "mid-1", "mid-2", "low"])
        gaps = [b.at - a.at for a, b in zip(self.api.requests, self.api.requests[1:])]
        self.assertGreater(min(gaps), 1.5)  # the moment of arrival, not of admission

    def test_a_wait_beyond_the_deadline_is_refused_at_once(self):
        gateway = self.gateway(timeout=8000, rateLimit={"maxRequestsPerMinute": 1})
        gateway.request()
        began = time.monotonic()
        got = gateway.request()
        self.assertLess(time.monotonic() - began, 6)
        self.assert_local(got, "rate_limited")
        self.assertGreater(got.json["retryAfterMs"], 8000)

    def test_a_full_queue_refuses_at_once(self):
        gateway = self.gateway(timeout=60000, rateLimit={
            "maxQueueSize": 1, "limits": [{"max": 1, "window": "3s"}]})
        gateway.request()
        waiting = gateway.start_request()
        gateway.wait_for_queued(1)
        got = gateway.request()
        self.assertIn(got.status, (429, 503))
        self.assertIn(got.json["kind"], ("rate_limited", "overloaded"))
        self.assertEqual(waiting.answer.status, 200)

    def test_a_caller_that_leaves_gives_up_its_place(self):
        gateway = self.gateway(timeout=60000, rateLimit={"limits": [{"max": 1, "window": "30s"}]})
        gateway.request()
        with socket.create_connection(("127.0.0.1", gateway.port)) as sock:
            sock.sendall(b"GET /shop/api HTTP/1.1\r\nhost: x\r\n\r\n")
            gateway.wait_for_queued(1)
        gateway.wait_for_queued(0)

    def test_rate_limit_fields(self):
        got = self.gateway(rateLimit={"maxRequestsPerMinute": 5}).request()
        self.assertRegex(got.get("ratelimit-policy"), r"q=5\b.*w=60\b")
        self.assertRegex(got.get("ratelimit"), r"r=4\b")

    def test_rate_limit_fields_of_the_api_stay_before_ours(self):
        gateway = self.gateway(rateLimit={"maxRequestsPerMinute": 5})
        theirs = {"ratelimit": '"day";r=7;t=60', "ratelimit-policy": '"day";q=9;w=86400',
                  "x-ratelimit-remaining": "7"}
        self.api.behaviour = answer(200, b"", theirs)
        got = gateway.request()
        self.assertEqual(got.all("ratelimit"), [theirs["ratelimit"], '"per-60s";r=4;t=60'])
        self.assertEqual(got.all("ratelimit-policy"),
                         [theirs["ratelimit-policy"], '"per-60s";q=5;w=60'])
        self.assertEqual(got.all("x-ratelimit-remaining"), ["7"])

    def test_a_429_with_retry_after_pauses_the_limiter(self):
        gateway = self.gateway(rateLimit={"maxRequestsPerSecond": 1000, "maxQueueSize": 0})
        self.api.script(answer(429, b"slow down", {"retry-after": "300"}))
        self.assertEqual(gateway.request().body, b"slow down")
        got = gateway.request()
        self.assert_local(got, "rate_limited")
        self.assertGreater(got.json["retryAfterMs"], 200_000)
        self.assertEqual(len(self.api.requests), 1)


class Breaker(PolicyCase):
    def open(self, gateway, failures):
        self.api.script(*[answer(500)] * failures)
        for _ in range(failures):
            self.assertEqual(gateway.request().status, 500)

    def state(self, gateway):
        return gateway.endpoint_status()["breaker"]["state"]

    def test_opens_half_opens_and_closes(self):
        gateway = self.gateway(circuitBreaker={"failureThreshold": 3, "resetTimeoutMs": 1000})
        self.open(gateway, 3)
        self.assertEqual(self.state(gateway), "open")
        began = time.monotonic()
        go = threading.Event()
        self.api.script(hold(go))
        probe = None

        def admitted():
            nonlocal probe
            probe = gateway.start_request()
            wait_until(lambda: len(self.api.requests) == 4 or not probe.is_alive(), "an answer")
            return len(self.api.requests) == 4

        wait_until(admitted, "the probe")
        self.assertGreater(time.monotonic() - began, 0.5)
        self.assertEqual(self.state(gateway), "half-open")
        self.assert_local(gateway.request(), "circuit_open")  # the probe is alone
        go.set()
        self.assertEqual(probe.answer.status, 200)
        wait_until(lambda: self.state(gateway) == "closed", "the circuit to close")
        self.assertEqual([gateway.request().status for _ in range(3)], [200] * 3)

    def test_a_failed_probe_opens_for_twice_as_long(self):
        gateway = self.gateway(circuitBreaker={"failureThreshold": 1, "resetTimeoutMs": 1500})
        self.open(gateway, 1)
        self.api.script(answer(500))
        wait_until(lambda: gateway.request().status == 500, "the probe")
        wait = gateway.request().json["retryAfterMs"]
        self.assertGreater(wait, 1500)
        self.assertLessEqual(wait, 3000)

    def test_what_is_no_failure_never_opens(self):
        gateway = self.gateway(circuitBreaker={"failureThreshold": 2, "resetTimeoutMs": 60000})
        for status in (400, 401, 404, 429, 501):
            self.api.script(*[answer(status)] * 3)
            self.assertEqual([gateway.request().status for _ in range(3)], [status] * 3)
        self.assertEqual(self.state(gateway), "closed")

    def test_the_share_of_failures_opens(self):
        gateway = self.gateway(circuitBreaker={
            "failureThreshold": 100, "resetTimeoutMs": 60000,
            "monitoring": {"window": "5m", "minimumRequests": 6,
                           "metrics": {"failureRate": 0.5}}})
        self.api.script(*[answer(200), answer(500)] * 3)
        self.assertEqual([gateway.request().status for _ in range(6)], [200, 500] * 3)
        self.assert_local(gateway.request(), "circuit_open")

    def test_manual_control(self):
        gateway = self.gateway(circuitBreaker={"failureThreshold": 2, "resetTimeoutMs": 60000})

        def control(state):
            got = gateway.admin("/v1/breakers/shop/api", "POST", body=f'{{"state":"{state}"}}')
            self.assertEqual(got.status, 200, got)

        control("open")
        got = gateway.request()
        self.assert_local(got, "circuit_open")
        self.assertNotIn("retryAfterMs", got.json)
        self.assertEqual(gateway.endpoint_status()["breaker"], {"state": "open", "manual": True})
        control("closed")
        self.api.script(*[answer(500)] * 5)
        self.assertEqual([gateway.request().status for _ in range(5)], [500] * 5)
        self.assertEqual(gateway.endpoint_status()["breaker"], {"state": "closed", "manual": True})
        control("auto")
        self.assertEqual(gateway.endpoint_status()["breaker"], {"state": "closed", "manual": False})
        self.open(gateway, 2)
        self.assert_local(gateway.request(), "circuit_open")

    def test_opening_sends_the_queue_away_and_gives_the_permits_back(self):
        gateway = self.gateway(
            timeout=60000, circuitBreaker={"failureThreshold": 1, "resetTimeoutMs": 60000},
            rateLimit={"limits": [{"max": 1, "window": "50s"}]})
        go = threading.Event()
        self.api.script(hold(go, answer(500)))
        failing = gateway.start_request()
        self.api.wait_for(1)
        queued = gateway.start_request()
        gateway.wait_for_queued(1)
        go.set()
        self.assertEqual(failing.answer.status, 500)
        self.assert_local(queued.answer, "circuit_open")
        self.assertEqual(gateway.endpoint_status()["rateLimit"]["queued"], 0)


class Retry(PolicyCase):
    def retrying(self, timeout=30000, url=None, **retry):
        blocks = {"error": {"retry": {"maxAttempts": 3, "baseDelay": 1, "maxDelay": 5, **retry}}}
        return Gateway(self, single(url or self.api.url, timeout=timeout, middleware=blocks))

    def test_until_success(self):
        self.api.script(answer(503), answer(502))
        got = self.retrying().request()
        self.assertEqual((got.status, got.get("symphony-attempts")), (200, "3"))
        self.assertEqual(len(self.api.requests), 3)

    def test_the_last_answer_passes_unchanged(self):
        self.api.behaviour = answer(503, b"still down", {"x-why": "because"})
        got = self.retrying().request()
        self.assertEqual((got.status, got.body, got.get("x-why"), got.get("symphony-attempts")),
                         (503, b"still down", "because", "3"))

    def test_other_statuses_are_not_retried(self):
        gateway = self.retrying()
        for status in (400, 404, 500, 501):
            self.api.script(answer(status))
            self.assertEqual(gateway.request().get("symphony-attempts"), "1", status)

    def test_retry_after_is_a_lower_bound(self):
        self.api.script(answer(503, headers={"retry-after": "1"}))
        self.assertEqual(self.retrying().request().status, 200)
        self.assertGreaterEqual(self.api.requests[1].at - self.api.requests[0].at, 0.99)

    def test_no_retry_beyond_the_deadline(self):
        self.api.script(answer(503, b"later", {"retry-after": "100"}))
        got = self.retrying(timeout=10000).request()
        self.assertEqual((got.status, got.body, got.get("symphony-attempts")), (503, b"later", "1"))

    def test_only_what_is_safe_is_repeated(self):
        gateway = self.retrying()
        for method, headers, attempts in (
                ("POST", {}, "1"), ("PATCH", {}, "1"), ("PUT", {}, "2"), ("DELETE", {}, "2"),
                ("POST", {"Idempotency-Key": "k1"}, "2")):
            with self.subTest(method=method, headers=headers):
                self.api.script(answer(503))
                got = gateway.request(method=method, headers=headers, body=b"b")
                self.assertEqual(got.get("symphony-attempts"), attempts)

    def test_a_lost_connection_repeats_get_but_not_post(self):
        gateway = self.retrying()
        self.api.script(reset())
        self.assertEqual(gateway.request().get("symphony-attempts"), "2")
        seen = len(self.api.requests)
        self.api.script(reset())
        got = gateway.request(method="POST", body=b"b")
        self.assert_local(got, "connection_lost")
        self.assertEqual(len(self.api.requests), seen + 1)

    def test_what_never_reached_the_server_is_repeated(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            gateway = self.retrying(url=f"http://127.0.0.1:{unused.getsockname()[1]}")
            got = gateway.request(method="POST", body=b"b")
        self.assert_local(got, "connect_failed")
        self.assertEqual(got.json["attempts"], 3)

    def test_the_body_is_sent_again_whole(self):
        self.api.script(answer(503))
        body = b"0123456789" * 500
        self.assertEqual(self.retrying().request(method="PUT", body=body).status, 200)
        self.assertEqual([request.body for request in self.api.requests], [body] * 2)

    def test_the_budget_ends_a_storm(self):
        gateway = self.retrying(maxAttempts=2)
        self.api.behaviour = answer(503)
        attempts = [int(gateway.request().get("symphony-attempts")) for _ in range(60)]
        self.assertEqual(attempts[0], 2)
        self.assertEqual(attempts[-1], 1)
        self.assertEqual(attempts, sorted(attempts, reverse=True))

    def test_conditions(self):
        gateway = self.retrying(conditions=[".status == 404"])
        self.api.script(answer(404), answer(200), answer(503))
        self.assertEqual(gateway.request().get("symphony-attempts"), "2")
        self.assertEqual(gateway.request().status, 503)

    def test_a_pooled_connection_found_dead_is_replaced_without_an_attempt(self):
        def answer_and_close(exchange):
            answer()(exchange)
            return False

        self.api.behaviour = answer_and_close
        gateway = self.gateway()
        for _ in range(5):
            got = gateway.request()
            self.assertEqual((got.status, got.get("symphony-attempts")), (200, "1"))
            self.api.wait_until_closed()


if __name__ == "__main__":
    unittest.main()

"""The admin plane: health, metrics, status, control, reload, its token."""

import json
import signal
import subprocess
import threading
import unittest

from support import (BINARY, Api, Gateway, answer, hold, run, single, tools, wait_until,
                     write_config)

METRICS = {
    "http_client_request_duration_seconds": "histogram",
    "symphony_calls_total": "counter",
    "symphony_attempts_total": "counter",
    "symphony_retries_total": "counter",
    "symphony_rate_limit_wait_seconds": "histogram",
    "symphony_rate_limit_rejected_total": "counter",
    "symphony_rate_limit_queue_length": "gauge",
    "symphony_circuit_state": "gauge",
    "symphony_circuit_transitions_total": "counter",
    "symphony_in_flight": "gauge",
    "symphony_concurrency_limit": "gauge",
    "symphony_concurrency_in_flight": "gauge",
    "symphony_concurrency_queue_length": "gauge",
    "symphony_concurrency_wait_seconds": "histogram",
    "symphony_concurrency_rejected_total": "counter",
    "symphony_hedges_total": "counter",
}


class AdminCase(unittest.TestCase):
    def setUp(self):
        self.api = Api(self)

    def gateway(self, **blocks):
        return Gateway(self, single(self.api.url, **blocks))

    def rewrite(self, gateway, config):
        gateway.file.write_text(config if isinstance(config, str) else json.dumps(config))


class Pages(AdminCase):
    def test_health_and_readiness(self):
        gateway = self.gateway()
        self.assertEqual(gateway.admin("/healthz").status, 200)
        self.assertEqual(gateway.admin("/readyz").status, 200)
        self.assertEqual(gateway.admin("/nothing").status, 404)
        self.assertEqual(gateway.admin("/healthz", "POST").status, 405)

    def test_the_planes_are_apart(self):
        gateway = self.gateway()
        self.assertEqual(gateway.request("/metrics").status, 404)
        self.assertEqual(gateway.admin("/shop/api").status, 404)

    def test_status_has_exactly_the_documented_shape(self):
        gateway = self.gateway(
            rateLimit={"maxRequestsPerSecond": 10, "maxRequestsPerMinute": 300},
            circuitBreaker={"failureThreshold": 1, "resetTimeoutMs": 60000})
        status = gateway.admin("/v1/status").json
        self.assertEqual(set(status), {"version", "uptimeSeconds", "tools"})
        self.assertGreaterEqual(status["uptimeSeconds"], 0)
        tool, = status["tools"]
        self.assertEqual((set(tool), tool["name"]), ({"name", "endpoints"}, "shop"))
        endpoint, = tool["endpoints"]
        self.assertEqual(set(endpoint), {"name", "url", "breaker", "rateLimit"})
        self.assertEqual(endpoint["name"], "api")
        self.assertTrue(endpoint["url"].startswith(self.api.url))
        self.assertEqual(endpoint["breaker"], {"state": "closed", "manual": False})
        self.assertEqual(endpoint["rateLimit"], {
            "keyPrefix": "shop.api", "strategy": "sliding-window", "queued": 0,
            "levels": [{"max": 10, "windowMs": 1000, "remaining": 10},
                       {"max": 300, "windowMs": 60000, "remaining": 300}],
            "store": "local"})
        self.api.behaviour = answer(500)
        gateway.request()
        breaker = gateway.endpoint_status()["breaker"]
        self.assertEqual((breaker["state"], breaker["manual"]), ("open", False))
        self.assertTrue(0 < breaker["retryAfterMs"] <= 60000)

    def test_breaker_control_is_checked(self):
        gateway = self.gateway(circuitBreaker={})
        for body in ("", "{}", '{"state":"ajar"}', "open"):
            with self.subTest(body=body):
                self.assertEqual(gateway.admin("/v1/breakers/shop/api", "POST", body=body).status,
                                 400)
        got = gateway.admin("/v1/breakers/shop/nothing", "POST", body='{"state":"open"}')
        self.assertEqual(got.status, 404)


class Metrics(AdminCase):
    def busy_gateway(self):
        gateway = self.gateway(
            rateLimit={"maxRequestsPerMinute": 10, "maxQueueSize": 0},
            circuitBreaker={"failureThreshold": 2, "resetTimeoutMs": 60000},
            concurrency={"max": 10}, hedge={},
            middleware={"error": {"retry": {"maxAttempts": 2, "baseDelay": 1}}})
        self.api.script(answer(503), answer(200), answer(404), answer(500), answer(500))
        self.assertEqual([gateway.request().status for _ in range(5)], [200, 404, 500, 500, 503])
        return gateway

    def test_both_formats_have_every_name_with_its_type_and_labels(self):
        gateway = self.busy_gateway()
        for accept, content_type in (("text/plain", "text/plain"),
                                     ("application/openmetrics-text; version=1.0.0",
                                      "application/openmetrics-text")):
            with self.subTest(accept=accept):
                got = gateway.admin("/metrics", headers={"Accept": accept})
                self.assertTrue(got.get("content-type").startswith(content_type))
                text = got.body.decode()
                self.assertEqual(text.endswith("# EOF\n"), "openmetrics" in accept)
                for name, kind in METRICS.items():
                    if "openmetrics" in accept and kind == "counter":
                        name = name.removesuffix("_total")
                    self.assertIn(f"# TYPE {name} {kind}\n", text)
                for line in text.splitlines():
                    if line and not line.startswith("#"):
                        self.assertRegex(line, r'\{.*tool="shop".*\}|\{.*endpoint="api".*\}')

    def test_values(self):
        gateway = self.busy_gateway()
        m = gateway.metric
        self.assertEqual(m("symphony_calls_total", tool="shop", endpoint="api", outcome="ok"), 1)
        self.assertEqual(m("symphony_calls_total", outcome="error"), 3)
        self.assertEqual(m("symphony_calls_total", outcome="circuit_open"), 1)
        self.assertEqual(m("symphony_attempts_total"), 5)
        self.assertEqual(m("symphony_circuit_state"), 2)
        self.assertEqual(m("symphony_circuit_transitions_total", **{"from": "closed",
                                                                    "to": "open"}), 1)
        self.assertEqual(m("symphony_in_flight"), 0)
        self.assertEqual(m("symphony_rate_limit_queue_length"), 0)
        self.assertEqual(m("symphony_rate_limit_wait_seconds_count"), 5)
        self.assertEqual(m("http_client_request_duration_seconds_count",
                           http_request_method="GET", http_response_status_code="404"), 1)

    def test_label_values_never_come_from_requests(self):
        gateway = self.gateway()
        gateway.request("/shop/api/secret-path?secret-query=1", method="EVIL")
        gateway.request("/unknown-tool/x")
        text = gateway.admin("/metrics").body.decode()
        for word in ("secret", "EVIL", "unknown-tool"):
            self.assertNotIn(word, text)


class Reload(AdminCase):
    def test_a_valid_file_takes_effect(self):
        for how in ("post", "signal"):
            with self.subTest(how=how):
                gateway = self.gateway()
                self.rewrite(gateway, tools(new={"api": {"url": self.api.url}}))
                if how == "post":
                    self.assertEqual(gateway.admin("/v1/reload", "POST").status, 200)
                else:
                    gateway.signal(signal.SIGHUP)
                wait_until(lambda: gateway.request("/new/api").status == 200, "the new file")
                self.assertEqual(gateway.request("/shop/api").status, 404)

    def test_an_invalid_file_changes_nothing_and_says_why(self):
        gateway = self.gateway()
        self.rewrite(gateway, '{"version": 1, "tools": [{"name": "t", "externlAPIs": {}}]}')
        got = gateway.admin("/v1/reload", "POST")
        self.assertGreaterEqual(got.status, 400)
        self.assertIn("externlAPIs", got.body.decode())
        self.assertIn("externalAPIs", got.body.decode())
        self.assertEqual(gateway.request().status, 200)
        gateway.signal(signal.SIGHUP)
        gateway.wait_for_line("externlAPIs")
        self.assertEqual(gateway.request().status, 200)

    def test_what_waits_for_the_next_start_is_told(self):
        gateway = self.gateway()
        self.rewrite(gateway, {**single(self.api.url), "log": {"format": "json"}})
        self.assertEqual(gateway.admin("/v1/reload", "POST").status, 200)
        gateway.wait_for_line("log.format take effect at the next start")

    def test_no_call_in_flight_is_lost(self):
        gateway = self.gateway()
        go = threading.Event()
        self.api.script(hold(go))
        flying = gateway.start_request()
        self.api.wait_for(1)
        self.rewrite(gateway, tools(new={"api": {"url": self.api.url}}))
        self.assertEqual(gateway.admin("/v1/reload", "POST").status, 200)
        self.assertEqual(gateway.request("/shop/api").status, 404)
        go.set()
        self.assertEqual(flying.answer.status, 200)

    def test_state_survives_and_changed_limits_keep_what_is_used(self):
        def config(limit):
            return single(self.api.url, rateLimit={"maxRequestsPerMinute": limit},
                          circuitBreaker={"failureThreshold": 2, "resetTimeoutMs": 60000})

        gateway = Gateway(self, config(5))
        self.api.behaviour = answer(500)
        gateway.request()
        gateway.request()
        self.rewrite(gateway, config(9))
        self.assertEqual(gateway.admin("/v1/reload", "POST").status, 200)
        status = gateway.endpoint_status()
        self.assertEqual(status["breaker"]["state"], "open")
        self.assertEqual(status["rateLimit"]["levels"],
                         [{"max": 9, "windowMs": 60000, "remaining": 7}])
        self.assertEqual(gateway.metric("symphony_attempts_total"), 2)


class Token(AdminCase):
    def test_it_is_required_off_loopback(self):
        file = write_config(self, single(self.api.url))
        got = run(["serve", "-c", file, "--listen", "127.0.0.1:0", "--admin", "0.0.0.0:0"])
        self.assertEqual(got.code, 2)
        self.assertIn("adminToken", got.err)

    def test_it_guards_every_page(self):
        config = {**single(self.api.url), "gateway": {"adminToken": "let-me-in"}}
        gateway = Gateway(self, config, admin="0.0.0.0:0")
        for path in ("/metrics", "/v1/status"):
            self.assertEqual(gateway.admin(path).status, 401)
            self.assertEqual(gateway.admin(path, headers={"Authorization": "Bearer no"}).status,
                             401)
            self.assertEqual(
                gateway.admin(path, headers={"Authorization": "Bearer let-me-in"}).status, 200)
        self.assertEqual(gateway.admin("/v1/reload", "POST").status, 401)
        self.assertEqual(gateway.request().status, 200)


class Start(AdminCase):
    def test_a_broken_configuration_does_not_start(self):
        file = write_config(self, "version: 1\ntolls: []\n", "symphony.yaml")
        got = run(["serve", "-c", file, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
        self.assertEqual(got.code, 2)
        self.assertRegex(got.err, r"symphony\.yaml:2:1: ")

    def test_an_address_in_use_is_an_error(self):
        file = write_config(self, single(self.api.url))
        done = subprocess.run([BINARY, "serve", "-c", file, "--listen",
                               f"127.0.0.1:{self.api.port}", "--admin", "127.0.0.1:0"],
                              capture_output=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(str(self.api.port), done.stderr.decode())


if __name__ == "__main__":
    unittest.main()

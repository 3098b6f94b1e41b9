"""How a circuit heals: recovery in steps and health checks, as seen through the gateway."""

import json
import socket
import threading
import time
import unittest

from support import (Api, Gateway, answer, endpoint, hold, reset, run, silent, single, tools,
                     wait_until, write_config)


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


class Fallback(BreakerCase):
    def setUp(self):
        super().setUp()
        self.backup = Api(self)

    def file(self, breaker, **backup):
        return tools(shop={"api": endpoint(self.api.url, circuitBreaker={
            "failureThreshold": 1, "resetTimeoutMs": 60000, **breaker})},
                     backup={"api": endpoint(self.backup.url, **backup)})

    def test_takes_what_the_circuit_refuses(self):
        gateway = Gateway(self, self.file({"fallbackService": "backup"}))
        self.backup.behaviour = answer(200, b"from the backup")
        self.open(gateway)
        got = gateway.request("/shop/api/orders/7?x=1", "PUT", body=b"content",
                              headers={"x-mine": "1", "symphony-priority": "3"})
        self.assertEqual((got.status, got.body), (200, b"from the backup"))
        self.assertEqual(got.get("symphony-served-by"), "backup.api")
        self.assertEqual(got.get("symphony-attempts"), "1")
        seen = self.backup.requests[0]
        self.assertEqual((seen.method, seen.target, seen.body),
                         ("PUT", "/orders/7?x=1", b"content"))
        self.assertEqual(seen.get("x-mine"), "1")
        self.assertIsNone(seen.get("symphony-priority"))
        self.assertEqual(len(self.api.requests), 1)
        self.assertEqual(gateway.metric("symphony_calls_total", endpoint="api", tool="shop",
                                        outcome="circuit_open"), 1)
        self.assertEqual(gateway.metric("symphony_calls_total", endpoint="api", tool="backup",
                                        outcome="ok"), 1)

    def test_a_streamed_upload_goes_there_whole(self):
        gateway = Gateway(self, self.file({"fallbackService": "backup.api"}))
        self.open(gateway)
        content = b"x" * 3_000_000
        got = gateway.request(method="POST", body=content)
        self.assertEqual(got.status, 200)
        self.assertEqual(self.backup.requests[0].body, content)

    def test_an_answer_of_the_api_itself_has_no_other_server(self):
        gateway = Gateway(self, self.file({"fallbackService": "backup"}))
        self.api.behaviour = answer(404)
        got = gateway.request()
        self.assertEqual(got.status, 404)
        self.assertIsNone(got.get("symphony-served-by"))
        self.assertEqual(len(self.backup.requests), 0)

    def test_when_both_refuse_the_problem_is_of_who_was_asked(self):
        gateway = Gateway(self, self.file(
            {"fallbackService": "backup"},
            circuitBreaker={"failureThreshold": 1, "resetTimeoutMs": 30000}))
        self.open(gateway)
        self.backup.behaviour = answer(500)
        self.assertEqual(gateway.request().status, 500)
        got = gateway.request()
        self.assert_circuit_open(got)
        self.assertEqual((got.json["tool"], got.json["endpoint"]), ("shop", "api"))
        self.assertIn("backup.api", got.json["detail"])
        self.assertLessEqual(got.json["retryAfterMs"], 30000)

    def test_a_fallback_that_breaks(self):
        gateway = Gateway(self, self.file({"fallbackService": "backup"}))
        self.backup.behaviour = reset()
        self.open(gateway)
        got = gateway.request(method="POST", body=b"x")
        self.assertEqual((got.status, got.json["kind"]), (502, "connection_lost"))
        self.assertIn("backup.api", got.json["detail"])

    def test_within_the_time_of_the_call(self):
        file = self.file({"fallbackService": "backup"}, timeout=60000)
        file["tools"][0]["externalAPIs"]["api"]["timeout"] = 300
        gateway = Gateway(self, file)
        self.open(gateway)
        self.backup.behaviour = silent()
        got = gateway.request()
        self.assertEqual((got.status, got.json["kind"]), (504, "timeout"))

    def test_circles_and_unknown_names_start_nothing(self):
        circle = self.file({"fallbackService": "backup"},
                           circuitBreaker={"fallbackService": "shop"})
        for config, why in ((circle, "circle: shop.api -> backup.api -> shop.api"),
                            (self.file({"fallbackService": "backp"}), "did you mean 'backup'?")):
            done = run(["check", "-c", write_config(self, config)])
            self.assertEqual(done.code, 2)
            self.assertIn(why, done.err)

    def test_a_reload_into_a_circle_changes_nothing(self):
        gateway = Gateway(self, self.file({"fallbackService": "backup"}))
        gateway.file.write_text(json.dumps(self.file(
            {"fallbackService": "backup"}, circuitBreaker={"fallbackService": "shop"})))
        got = gateway.admin("/v1/reload", "POST")
        self.assertEqual(got.status, 422)
        self.assertIn("circle", got.json["faults"][0]["message"])
        self.assertEqual(gateway.request().status, 200)

    def test_check_shows_it(self):
        file = self.file({"fallbackService": "backup"})
        shown = run(["check", "-c", write_config(self, file)]).text
        self.assertIn("fallback         backup, while the circuit refuses", shown)


class Command(BreakerCase):
    def setUp(self):
        super().setUp()
        self.gateway_under_test = Gateway(self, tools(
            shop={"api": endpoint(self.api.url, circuitBreaker={
                "failureThreshold": 1, "resetTimeoutMs": 60000}),
                  "bare": endpoint(self.api.url)},
            other={"api": endpoint(self.api.url, circuitBreaker={})}))

    def breakers(self, *arguments, config=None):
        admin = f"127.0.0.1:{self.gateway_under_test.admin_port}"
        return run(["breakers", *arguments, "-c", config or self.gateway_under_test.file,
                    "--admin", admin])

    def test_list(self):
        gateway = self.gateway_under_test
        self.assertEqual(self.breakers().text,
                         "ENDPOINT   STATE      NOTE\nshop.api   closed\nother.api  closed\n")
        self.open(gateway)
        self.assertRegex(self.breakers("list").text, r"shop.api   open       for \d+")
        shown = self.breakers("list", "shop.api", "--json")
        self.assertEqual([(row["tool"], row["endpoint"], row["state"], row["manual"])
                          for row in shown.json], [("shop", "api", "open", False)])
        self.assertTrue(0 < shown.json[0]["retryAfterMs"] <= 60000)

    def test_open_close_auto(self):
        gateway = self.gateway_under_test
        done = self.breakers("open", "shop.api")
        self.assertEqual((done.code, done.text), (
            0, "ENDPOINT  STATE      NOTE\nshop.api  open       by hand, until 'auto'\n"))
        self.assert_circuit_open(gateway.request())
        self.assertEqual(self.breakers("close", "shop.api", "--json").json, [
            {"tool": "shop", "endpoint": "api", "state": "closed", "manual": True}])
        self.api.behaviour = answer(500)
        self.assertEqual([gateway.request().status for _ in range(3)], [500] * 3)
        self.assertEqual(self.breakers("auto", "shop.api").code, 0)
        self.assertEqual(self.breaker(gateway), {"state": "closed", "manual": False})

    def test_what_cannot_be_done_is_said(self):
        for arguments, why in ((["open"], "needs an endpoint"),
                               (["open", "shop"], "needs an endpoint"),
                               (["list", "shop.api/path"], "no TOOL.ENDPOINT"),
                               (["open", "shop.none"], "no API 'none'"),
                               (["open", "shop.bare"], "no circuit breaker"),
                               (["list", "shop.bare"], "no circuit breaker"),
                               (["toggle", "shop.api"], "toggle")):
            done = self.breakers(*arguments)
            self.assertEqual((done.code, done.out), (2, b""), arguments)
            self.assertIn(why, done.err)
        for wrong in ("http://127.0.0.1:9090", "localhost", "a b:1"):
            done = run(["breakers", "list", "-c", self.gateway_under_test.file, "--admin", wrong])
            self.assertEqual(done.code, 2, wrong)
            self.assertIn("HOST:PORT", done.err)
        self.gateway_under_test.kill()
        done = self.breakers()
        self.assertEqual(done.code, 4)
        self.assertIn("gives no answer", done.err)

    def test_with_the_token_of_the_configuration(self):
        config = single(self.api.url, circuitBreaker={})
        config["gateway"] = {"adminToken": "t0p"}
        self.gateway_under_test = Gateway(self, config)
        self.assertEqual(self.breakers("open", "shop.api").code, 0)
        config["gateway"] = {"adminToken": "other"}
        done = self.breakers(config=write_config(self, config))
        self.assertEqual(done.code, 4)
        self.assertNotIn("t0p", done.err)


if __name__ == "__main__":
    unittest.main()

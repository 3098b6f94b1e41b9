"""One budget across processes: several gateways, one Redis, one API that counts."""

import json
import threading
import time
import unittest

from support import Api, Gateway, Redis, most_in, run, shared, wait_until, write_config


class FourGateways(unittest.TestCase):
    """Callers of four processes want more than one limit allows; the API sees what they get.

    The API sees each call later than Redis admitted it, by what the way takes: from Redis's answer
    to a gateway, and from there to here. How long that is is measured in the same run, by calls
    without a limit that go all the way from a caller through the gateways to the API. Twice the
    longest of these is the tolerance, and 20 ms, in which this API takes a whole window's calls
    that come at once: any two calls may have come so much closer together, however many are
    between them.
    """

    LIMIT = 40
    WINDOWS = 4  # after the first
    MOST_TOLERANCE = 0.25

    def setUp(self):
        self.api = Api(self)
        self.redis = Redis(self)

    def run_with(self, strategy, limit=LIMIT):
        """The times of the calls, and the tolerance."""
        config = shared(self.api.url, self.redis, limit, strategy=strategy)
        config["tools"][0]["externalAPIs"]["free"] = {"url": self.api.url}
        gateways = [Gateway(self, config) for _ in range(4)]
        stop = threading.Event()

        def load(gateway):
            while not stop.is_set():
                gateway.request()

        def probe(gateway):
            while not stop.wait(0.05):
                gateway.request("/shop/free", headers={"x-sent": repr(time.monotonic())})

        threads = [threading.Thread(target=work, args=(gateway,), daemon=True)
                   for gateway in gateways for work in [probe] + [load] * 5]
        for thread in threads:
            thread.start()
        count = limit * (1 + self.WINDOWS)

        def limited():
            return [request.at for request in list(self.api.requests)
                    if not request.get("x-sent")]

        wait_until(lambda: len(limited()) >= count, f"{count} calls at the API")
        stop.set()
        for thread in threads:
            thread.join()
        ways = [request.at - float(request.get("x-sent"))
                for request in self.api.requests if request.get("x-sent")]
        self.assertGreater(len(ways), 100)
        tolerance = min(2 * max(ways) + 0.02, self.MOST_TOLERANCE)
        return sorted(limited()), tolerance

    def assert_used(self, times):
        # The first window's calls may come at once; of what follows 5 % may be lost.
        took = times[self.LIMIT * (1 + self.WINDOWS) - 1] - times[self.LIMIT - 1]
        self.assertGreaterEqual(self.WINDOWS / took, 0.95)

    def assert_bounded(self, times, at_once, per_second, tolerance):
        """In any t no more than so many at once and so many a second."""
        for first, began in enumerate(times):
            for last in range(first, len(times)):
                bound = at_once + per_second * (times[last] - began + tolerance)
                if last - first + 1 > bound:
                    self.fail(f"{last - first + 1} calls in {times[last] - began:.4f} s, "
                              f"with a tolerance of {tolerance:.4f} s")

    def test_sliding_window(self):
        times, tolerance = self.run_with("sliding-window")
        for windows in range(1, self.WINDOWS + 1):
            self.assertLessEqual(most_in(times, windows - tolerance), windows * self.LIMIT)
        self.assert_used(times)

    def test_token_bucket(self):
        times, tolerance = self.run_with("token-bucket")
        self.assert_bounded(times, self.LIMIT, self.LIMIT, tolerance)
        self.assert_used(times)

    def test_leaky_bucket(self):
        # Each at least 50 ms after the one before: k + 1 of them take k times as long.
        times, tolerance = self.run_with("leaky-bucket", limit=20)
        self.assert_bounded(times, 1, 20, tolerance)


class SharedLimit(unittest.TestCase):
    def setUp(self):
        self.api = Api(self)
        self.redis = Redis(self)

    def store(self, gateway):
        return gateway.endpoint_status()["rateLimit"]["store"]

    def test_without_redis_each_keeps_its_share_until_redis_is_back(self):
        gateway = Gateway(self, shared(self.api.url, self.redis, 100))
        self.assertEqual(gateway.request().status, 200)
        self.assertEqual(self.store(gateway), "redis")
        self.redis.kill()
        began = time.monotonic()
        self.assertEqual(gateway.request().status, 200)
        self.assertLess(time.monotonic() - began, 0.5)
        self.assertEqual(self.store(gateway), "redis-down")
        self.assertEqual(gateway.metric("symphony_rate_limit_store_up", tool="shop"), 0)
        self.redis.start()
        wait_until(lambda: self.store(gateway) == "redis", "the gateway to count in Redis again",
                   timeout=1)
        self.assertEqual(gateway.request().status, 200)
        self.assertEqual(gateway.metric("symphony_rate_limit_store_up", tool="shop"), 1)

    def test_order_is_by_class_and_turn_whatever_a_call_costs(self):
        gateway = Gateway(self, shared(self.api.url, self.redis, 100,
                                       limits=[{"max": 2, "window": "3s"}]))
        for _ in range(2):
            self.assertEqual(gateway.request().status, 200)
        calls = []
        wanted = (("low-1", 1, 9), ("low-2", 1, 9), ("mid", 2, 5), ("first", 2, 0))
        for count, (name, cost, priority) in enumerate(wanted):
            calls.append(gateway.start_request(headers={
                "x-name": name, "symphony-cost": str(cost), "symphony-priority": str(priority)}))
            gateway.wait_for_queued(count + 1)
        self.assertEqual([call.answer.status for call in calls], [200] * 4)
        order = [request.get("x-name") for request in self.api.requests[2:]]
        # The last two go at one moment, each on its own connection.
        self.assertEqual([*order[:2], *sorted(order[2:])], ["first", "mid", "low-1", "low-2"])

    def test_closed_refuses_without_redis_and_open_admits(self):
        closed = Gateway(self, shared(self.api.url, self.redis, 100, onStoreFailure="closed"))
        free = Gateway(self, shared(self.api.url, self.redis, 1, onStoreFailure="open"))
        self.redis.kill()
        refused = closed.request()
        self.assertEqual(refused.status, 503)
        self.assertEqual(refused.json["kind"], "store_unavailable")
        self.assertEqual([free.request().status for _ in range(5)], [200] * 5)

    def test_scripts_that_redis_forgets_cost_nobody_an_error(self):
        gateway = Gateway(self, shared(self.api.url, self.redis, 1000))
        for words in (["SCRIPT", "FLUSH"], ["FLUSHALL"]):
            self.assertEqual(gateway.request().status, 200)
            self.assertEqual(self.redis.command(*words), b"+OK\r\n")
        self.assertEqual(gateway.request().status, 200)
        self.assertEqual(self.store(gateway), "redis")

    def test_a_reload_changes_the_limit_and_what_is_used_carries_over(self):
        gateways = [Gateway(self, shared(self.api.url, self.redis, 100, maxRequestsPerMinute=60))
                    for _ in range(2)]
        for gateway in gateways * 10:
            self.assertEqual(gateway.request().status, 200)
        for gateway in gateways:
            gateway.file.write_text(json.dumps(
                shared(self.api.url, self.redis, 100, maxRequestsPerMinute=24, maxQueueSize=0)))
            self.assertEqual(gateway.admin("/v1/reload", "POST").status, 200)
        statuses = [gateway.request().status for gateway in gateways * 4]
        self.assertEqual(statuses, [200] * 4 + [429] * 4)

    def test_what_is_left_is_shown_from_redis_and_from_the_gateway(self):
        config = shared(self.api.url, self.redis, 50)
        config["tools"][0]["externalAPIs"]["own"] = {
            "url": self.api.url, "rateLimit": {"maxRequestsPerMinute": 30}}
        gateway = Gateway(self, config)
        config["gateway"] = {"admin": f"127.0.0.1:{gateway.admin_port}"}
        for path in ("/shop/api", "/shop/own", "/shop/own"):
            self.assertEqual(gateway.request(path).status, 200)
        file = str(write_config(self, config))
        shown = run(["limits", "-c", file, "--json"])
        self.assertEqual(shown.code, 0, shown.err)
        left = {(limit["keyPrefix"], limit["store"]): limit["levels"][-1]["remaining"]
                for limit in shown.json}
        self.assertEqual(left, {("shop-test", "redis"): 9999, ("shop.own", "local"): 28})
        table = run(["limits", "-c", file]).text
        self.assertIn("redis at 127.0.0.1", table)
        self.redis.kill()
        self.assertEqual(run(["limits", "-c", file]).code, 4)


if __name__ == "__main__":
    unittest.main()

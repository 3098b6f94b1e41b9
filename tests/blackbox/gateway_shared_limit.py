"""One budget across processes: several gateways, one Redis, one API that counts."""

import json
import threading
import time
import unittest

from support import Api, Gateway, Redis, most_in, run, shared, wait_until, write_config


class SharedLimit(unittest.TestCase):
    def setUp(self):
        self.api = Api(self)
        self.redis = Redis(self)

    def store(self, gateway):
        return gateway.endpoint_status()["rateLimit"]["store"]

    def test_four_gateways_together_keep_the_limit_and_use_it(self):
        gateways = [Gateway(self, shared(self.api.url, self.redis, 40)) for _ in range(4)]
        stop = threading.Event()

        def load(gateway):
            while not stop.is_set():
                gateway.request()

        callers = [threading.Thread(target=load, args=(gateway,), daemon=True)
                   for gateway in gateways for _ in range(8)]
        for caller in callers:
            caller.start()
        self.api.wait_for(200)
        stop.set()
        arrivals = sorted(request.at for request in self.api.requests)
        # The API sees each permit later than Redis gave it, by what the way takes: windows are
        # looked at that much shorter.
        self.assertLessEqual(most_in(arrivals, 0.75), 40)
        self.assertLessEqual(most_in(arrivals, 1.75), 80)
        # 40 at once, then 40 a second: the 200th comes after 4 s, and 5 % may be lost.
        self.assertLess(arrivals[199] - arrivals[0], 4 / 0.95 + 0.25)
        for caller in callers:
            caller.join()

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

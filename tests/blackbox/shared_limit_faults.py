"""A budget in Redis when something goes wrong: Redis is killed, is full, forgets; clocks differ."""

import glob
import os
import threading
import time
import unittest
from email.utils import parsedate_to_datetime

from support import Api, Gateway, Redis, most_in, shared, wait_until

FAKETIME = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
SANITIZED = "ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ


class Load:
    """So many callers for each gateway, again and again until `stop`; knows how long each took."""

    def __init__(self, gateways, callers, pause=0):
        self._pause = pause
        self._over = threading.Event()
        self.took = []
        self.statuses = set()
        self._threads = [threading.Thread(target=self._call, args=(gateway,), daemon=True)
                         for gateway in gateways for _ in range(callers)]
        for thread in self._threads:
            thread.start()

    def _call(self, gateway):
        while not self._over.wait(self._pause):
            began = time.monotonic()
            self.statuses.add(gateway.request().status)
            self.took.append(time.monotonic() - began)

    def stop(self):
        self._over.set()
        for thread in self._threads:
            thread.join()


class SharedLimitFaults(unittest.TestCase):
    def setUp(self):
        self.api = Api(self)
        self.redis = Redis(self)

    def store(self, gateway):
        return gateway.endpoint_status()["rateLimit"]["store"]

    def arrivals(self):
        return sorted(request.at for request in self.api.requests)

    def test_killed_and_restarted_under_load_no_call_stalls(self):
        gateway = Gateway(self, shared(self.api.url, self.redis, 5000))
        load = Load([gateway], callers=4, pause=0.005)
        for _ in range(3):
            time.sleep(0.3)
            self.redis.kill()
            wait_until(lambda: self.store(gateway) == "redis-down", "the loss to be noticed")
            time.sleep(0.3)
            self.redis.start()
            wait_until(lambda: self.store(gateway) == "redis", "shared counting again", timeout=1)
        load.stop()
        self.assertEqual(load.statuses, {200})
        self.assertGreater(len(load.took), 200)
        self.assertLess(max(load.took), 0.25)

    def test_a_redis_that_sleeps_holds_up_no_call(self):
        redis = Redis(self, "--enable-debug-command", "local")
        gateway = Gateway(self, shared(self.api.url, redis, 5000, onStoreFailure="local"))
        self.assertEqual(gateway.request().status, 200)

        def up():
            return gateway.metric("symphony_rate_limit_store_up", tool="shop")

        self.assertEqual(up(), 1)
        load = Load([gateway], callers=4, pause=0.005)
        for _ in range(2):
            time.sleep(0.3)
            sleeper = threading.Thread(target=redis.command, args=("DEBUG", "SLEEP", "1"))
            asleep = time.monotonic()
            sleeper.start()
            wait_until(lambda: up() == 0, "the silence to be noticed", timeout=0.9)
            self.assertEqual(self.store(gateway), "redis-down")
            sleeper.join()
            awake = time.monotonic()
            self.assertGreater(awake - asleep, 0.9)
            meanwhile = [t for t in self.arrivals() if asleep + 0.1 < t < awake]
            self.assertGreater(len(meanwhile), 50)
            wait_until(lambda: up() == 1, "shared counting again", timeout=1)
            self.assertEqual(self.store(gateway), "redis")
        load.stop()
        self.assertEqual(load.statuses, {200})
        self.assertLess(max(load.took), 0.25)

    def test_killed_and_restarted_under_load_admits_no_more_than_stated(self):
        limit = 40
        gateways = [Gateway(self, shared(self.api.url, self.redis, limit)) for _ in range(2)]
        for gateway in gateways:
            gateway.request()
        time.sleep(3)  # until each has counted the other
        load = Load(gateways, callers=16)
        time.sleep(1.5)
        killed = time.monotonic()
        self.redis.kill()
        time.sleep(2)
        started = time.monotonic()
        self.redis.start()
        time.sleep(2)
        load.stop()
        times = self.arrivals()
        # As in gateway_shared_limit: looked at a quarter of a second shorter, for the way there.
        self.assertLessEqual(most_in([t for t in times if t < killed], 0.75), limit)
        # Around each change at most what was used before it and what is given after it.
        self.assertLessEqual(most_in(times, 0.75), 2 * limit)
        alone = [t for t in times if killed + 1.1 < t < started]
        self.assertLessEqual(most_in(alone, 0.75), limit)
        self.assertGreater(len(alone), 0.8 * limit * (started - killed - 1.1) - limit / 4)
        again = [t for t in times if t > started + 1.5]
        self.assertLessEqual(most_in(again, 0.4), limit)

    def test_an_evicted_budget_starts_full_and_nobody_notices(self):
        gateway = Gateway(self, shared(self.api.url, self.redis, 1000))
        self.assertEqual(gateway.request().status, 200)
        used = next(int(line[12:]) for line in self.redis.command("INFO", "memory").decode()
                    .splitlines() if line.startswith("used_memory:"))
        self.redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        self.redis.command("CONFIG", "SET", "maxmemory", str(used + 300_000))
        for turn in range(40):
            self.redis.command("SET", f"other:{turn}", "x" * 20_000)
            self.assertEqual(gateway.request().status, 200)
        time.sleep(0.1)
        for turn in range(100):  # what was used longest ago goes first
            self.redis.command("SET", f"more:{turn}", "x" * 20_000)
        self.assertEqual(self.redis.command("EXISTS", "symphony:{shop-test}:rl"), b":0\r\n")
        self.assertEqual(gateway.request().status, 200)
        self.assertEqual(self.redis.command("EXISTS", "symphony:{shop-test}:rl"), b":1\r\n")
        self.assertEqual(self.store(gateway), "redis")

    def test_a_redis_without_memory_counts_as_down(self):
        gateway = Gateway(self, shared(self.api.url, self.redis, 100))
        closed = Gateway(self, shared(self.api.url, self.redis, 100, onStoreFailure="closed"))
        self.assertEqual(gateway.request().status, 200)
        self.redis.command("CONFIG", "SET", "maxmemory", "1")
        for _ in range(5):
            self.assertEqual(gateway.request().status, 200)
            time.sleep(0.15)  # past more than one attempt to get back
            self.assertEqual(self.store(gateway), "redis-down")
        refused = closed.request()
        self.assertEqual((refused.status, refused.json["kind"]), (503, "store_unavailable"))
        self.redis.command("CONFIG", "SET", "maxmemory", "0")
        wait_until(lambda: self.store(gateway) == "redis", "shared counting again", timeout=1)
        self.assertEqual(gateway.request().status, 200)

    @unittest.skipUnless(FAKETIME, "libfaketime is not installed")
    @unittest.skipIf(SANITIZED, "a sanitizer has to be the first library, and so has libfaketime")
    def test_clocks_half_a_minute_apart_share_one_budget(self):
        limit = 40
        # Backwards: a clock put forward makes libfaketime 0.9.10 refuse Asio's timers that are due
        # at once, which it turns into negative times.
        gateways = [Gateway(self, shared(self.api.url, self.redis, limit), env=env)
                    for env in ({"LD_PRELOAD": FAKETIME[0], "FAKETIME": "-30s"}, {})]
        early, late = (parsedate_to_datetime(gateway.request().get("date"))
                       for gateway in gateways)
        self.assertAlmostEqual((late - early).total_seconds(), 30, delta=3)
        load = Load(gateways, callers=8)
        self.api.wait_for(limit * 4)
        load.stop()
        self.assertEqual(load.statuses, {200})
        times = self.arrivals()
        self.assertLessEqual(most_in(times, 0.75), limit)
        self.assertLessEqual(most_in(times, 1.75), 2 * limit)
        self.assertLess(times[limit * 4 - 1] - times[0], 3 / 0.95 + 0.25)
        seen = self.redis.command("ZCARD", "symphony:{shop-test}:who")
        self.assertEqual(seen, b":2\r\n")


if __name__ == "__main__":
    unittest.main()

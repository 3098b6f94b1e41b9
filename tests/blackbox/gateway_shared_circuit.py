"""One circuit across processes: several gateways, one Redis, one API that breaks down."""

import threading
import time
import unittest

from support import Api, Gateway, Redis, answer, single, wait_until

RESET = 0.4


class Callers:
    """One caller for each gateway, again and again until `stop`."""

    def __init__(self, gateways, pause=0.02):
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(gateway, pause), daemon=True)
                         for gateway in gateways]
        for thread in self._threads:
            thread.start()

    def _call(self, gateway, pause):
        while not self._over.wait(pause):
            gateway.request()

    def stop(self):
        self._over.set()
        for thread in self._threads:
            thread.join()


class SharedCircuit(unittest.TestCase):
    def setUp(self):
        self.api = Api(self)
        self.redis = Redis(self)

    def gateway(self, url=None, **breaker):
        block = {"failureThreshold": 3, "resetTimeoutMs": int(RESET * 1000),
                 "shared": {"redis": {"url": f"redis://127.0.0.1:{self.redis.port}"}}}
        return Gateway(self, single(url or self.api.url, circuitBreaker=block | breaker))

    def breaker(self, gateway):
        return gateway.endpoint_status()["breaker"]

    def wait_for(self, gateways, state, timeout=10):
        wait_until(lambda: all(self.breaker(one)["state"] == state for one in gateways),
                   f"all circuits to be {state}", timeout=timeout)

    def break_down(self, gateways):
        self.api.behaviour = answer(500)
        for gateway in gateways[:2]:
            for _ in range(3):
                gateway.request()

    def test_what_most_find_broken_is_open_for_all(self):
        gateways = [self.gateway() for _ in range(3)]
        self.break_down(gateways)
        self.wait_for(gateways, "open", timeout=3)
        refused = gateways[2].request()
        self.assertEqual(refused.json["kind"], "circuit_open")
        self.assertTrue(self.breaker(gateways[2])["shared"]["open"])
        gateways[2].wait_for_line("closed -> open: peers")

    def test_one_process_tries_at_a_time_and_its_proof_closes_it_for_all(self):
        gateways = [self.gateway(maxResetTimeoutMs=int(RESET * 1000)) for _ in range(4)]
        self.break_down(gateways)
        self.wait_for(gateways, "open", timeout=3)
        callers = Callers(gateways)
        time.sleep(RESET)
        before = len(self.api.requests)
        began = time.monotonic()
        time.sleep(6 * RESET)
        tries = len(self.api.requests) - before
        most = (time.monotonic() - began) / RESET + 1
        self.assertGreaterEqual(tries, 1)
        self.assertLessEqual(tries, most, "as many as one process alone would have made")
        self.api.behaviour = answer()
        self.wait_for(gateways, "closed")
        callers.stop()

    def test_one_sick_process_opens_it_for_nobody_else(self):
        sick = self.gateway(url="http://127.0.0.1:1")
        others = [self.gateway() for _ in range(2)]
        for _ in range(5):
            sick.request()
        wait_until(lambda: self.breaker(others[0])["shared"]["broken"] == 1,
                   "the others to hear of it")
        for gateway in others:
            self.assertEqual([gateway.request().status for _ in range(20)], [200] * 20)
            self.assertEqual(self.breaker(gateway)["state"], "closed")
        self.assertEqual(self.breaker(sick)["state"], "open")

    def test_without_redis_each_is_on_its_own(self):
        gateways = [self.gateway() for _ in range(3)]
        self.break_down(gateways)
        self.wait_for(gateways, "open", timeout=3)
        self.redis.kill()
        self.api.behaviour = answer()
        callers = Callers(gateways)
        self.wait_for(gateways, "closed")
        for gateway in gateways:
            self.assertEqual(self.breaker(gateway)["shared"]["store"], "redis-down")
            self.assertEqual(gateway.metric("symphony_circuit_store_up", tool="shop"), 0)
        self.redis.start()
        wait_until(lambda: all(self.breaker(one)["shared"]["store"] == "redis" for one in gateways),
                   "the gateways to talk again")
        callers.stop()
        self.assertEqual({self.breaker(one)["state"] for one in gateways}, {"closed"})

    def test_redis_killed_and_restarted_while_it_is_open(self):
        gateways = [self.gateway() for _ in range(3)]
        self.break_down(gateways)
        self.wait_for(gateways, "open", timeout=3)
        callers = Callers(gateways)
        for _ in range(3):
            self.redis.kill()
            time.sleep(0.2)
            self.redis.start()
            time.sleep(0.2)
        self.api.behaviour = answer()
        self.wait_for(gateways, "closed")
        callers.stop()


if __name__ == "__main__":
    unittest.main()

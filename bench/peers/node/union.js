// node union.js REDIS-PORT DECISIONS CALLERS WARM-UP: decisions of rate-limiter-flexible about two
// levels on Redis, as its documentation combines them.
'use strict';
const Redis = require('ioredis');
const { RateLimiterRedis, RateLimiterUnion } = require('rate-limiter-flexible');

const [port, decisions, callers, warmUp] = process.argv.slice(2, 6).map(Number);
const storeClient = new Redis({ port, host: '127.0.0.1', enableAutoPipelining: true });
const level = (keyPrefix, points, duration) =>
  new RateLimiterRedis({ storeClient, keyPrefix, points, duration });
const limiter = new RateLimiterUnion(
  level('second', 1_000_000_000, 1), level('minute', 1_000_000_000, 60));

let taken = 0;
let done = 0;
let began;
let cpuBegan;

async function oneCaller() {
  while (taken++ < warmUp + decisions) {
    await limiter.consume('bench');
    if (++done === warmUp) {
      began = process.hrtime.bigint();
      cpuBegan = process.cpuUsage();
    } else if (done === warmUp + decisions) {
      const seconds = Number(process.hrtime.bigint() - began) / 1e9;
      const cpu = process.cpuUsage(cpuBegan);
      console.log(JSON.stringify({
        perSecond: decisions / seconds,
        cpuMicros: (cpu.user + cpu.system) / decisions,
      }));
    }
  }
}

Promise.all(Array.from({ length: callers }, oneCaller)).then(
  () => process.exit(0),
  (error) => { console.error(error); process.exit(1); },
);

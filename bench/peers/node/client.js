// node client.js PORT REQUESTS CONNECTIONS WARM-UP bare|opossum|cockatiel
'use strict';
const { Pool } = require('undici');

const [port, requests, connections, warmUp] = process.argv.slice(2, 6).map(Number);
const mode = process.argv[6];
const BODY_SIZE = 64;
const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const pool = new Pool(`http://127.0.0.1:${port}`, { connections, pipelining: 1 });

async function send(traceparent) {
  const answer = await pool.request({
    method: 'GET',
    path: '/orders/42',
    headers: {
      accept: 'application/json',
      authorization: 'Bearer bench-token-0123456789abcdef',
      traceparent,
    },
  });
  const body = await answer.body.text();
  if (answer.statusCode >= 500) throw new Error(`status ${answer.statusCode}`);
  return { status: answer.statusCode, size: body.length };
}

const { randomBytes } = require('node:crypto');
const identifiers = { bytes: Buffer.alloc(0), at: 0 };
// Random bytes are drawn in bulk: one call into OpenSSL for each identifier would be unfair.
function hex(count) {
  if (identifiers.at + count > identifiers.bytes.length) {
    identifiers.bytes = randomBytes(8192);
    identifiers.at = 0;
  }
  identifiers.at += count;
  return identifiers.bytes.toString('hex', identifiers.at - count, identifiers.at);
}
const newTrace = () => `00-${hex(16)}-${hex(8)}-01`;

function levels() {
  const { RateLimiterMemory } = require('rate-limiter-flexible');
  return [
    new RateLimiterMemory({ points: 100_000, duration: 1 }),
    new RateLimiterMemory({ points: 100_000_000, duration: 60 }),
  ];
}

function withOpossum() {
  const CircuitBreaker = require('opossum');
  const [second, minute] = levels();
  const breaker = new CircuitBreaker(send, {
    timeout: 5000,
    errorThresholdPercentage: 50,
    resetTimeout: 30_000,
  });
  return async () => {
    for (let attempt = 1; ; attempt++) {
      await second.consume('shop.api');
      await minute.consume('shop.api');
      try {
        return await breaker.fire(newTrace());
      } catch (error) {
        if (attempt === 3) throw error;
      }
    }
  };
}

function withCockatiel() {
  const c = require('cockatiel');
  const [second, minute] = levels();
  const policy = c.wrap(
    c.retry(c.handleAll, { maxAttempts: 2, backoff: new c.ExponentialBackoff() }),
    c.circuitBreaker(c.handleAll, {
      halfOpenAfter: 30_000,
      breaker: new c.SamplingBreaker({ threshold: 0.5, duration: 10_000 }),
    }),
    c.timeout(5000, c.TimeoutStrategy.Aggressive),
  );
  return () =>
    policy.execute(async () => {
      await second.consume('shop.api');
      await minute.consume('shop.api');
      return send(newTrace());
    });
}

const call = { bare: () => () => send(TRACE), opossum: withOpossum, cockatiel: withCockatiel }[mode]();
let taken = 0;
let done = 0;
let began;
let cpuBegan;

async function oneCaller() {
  while (taken++ < warmUp + requests) {
    const { status, size } = await call();
    if (status !== 200 || size !== BODY_SIZE) throw new Error('an answer is not what was asked for');
    if (++done === warmUp) {
      began = process.hrtime.bigint();
      cpuBegan = process.cpuUsage();
    } else if (done === warmUp + requests) {
      const seconds = Number(process.hrtime.bigint() - began) / 1e9;
      const cpu = process.cpuUsage(cpuBegan);
      console.log(JSON.stringify({
        cpuMicros: (cpu.user + cpu.system) / requests,
        perSecond: requests / seconds,
      }));
    }
  }
}

Promise.all(Array.from({ length: connections }, oneCaller)).then(
  () => process.exit(0),
  (error) => { console.error(error); process.exit(1); },
);

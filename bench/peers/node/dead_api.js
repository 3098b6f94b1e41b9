// node dead_api.js SECONDS RATE opossum|cockatiel: calls an API that answers 500 to all, through a
// breaker that opens after 5 failures for 1000 ms. Prints how many calls the API saw.
'use strict';
const http = require('node:http');
const { Pool } = require('undici');

const [seconds, rate] = process.argv.slice(2, 4).map(Number);

function breakerOf(mode, send) {
  if (mode === 'opossum') {
    const CircuitBreaker = require('opossum');
    const breaker = new CircuitBreaker(send, {
      timeout: false, errorThresholdPercentage: 50, volumeThreshold: 5, resetTimeout: 1000,
    });
    return () => breaker.fire();
  }
  const c = require('cockatiel');
  const policy = c.circuitBreaker(c.handleAll, {
    halfOpenAfter: 1000, breaker: new c.ConsecutiveBreaker(5),
  });
  return () => policy.execute(send);
}

let seen = 0;
const server = http.createServer((request, answer) => {
  seen += 1;
  answer.writeHead(500, { 'content-type': 'application/json' }).end('{}');
});
server.listen(0, '127.0.0.1', () => {
  const pool = new Pool(`http://127.0.0.1:${server.address().port}`, { connections: 16 });
  const call = breakerOf(process.argv[4], async () => {
    const answer = await pool.request({ method: 'GET', path: '/' });
    await answer.body.dump();
    if (answer.statusCode >= 500) throw new Error(`status ${answer.statusCode}`);
  });
  const began = process.hrtime.bigint();
  let begun = 0;
  const tick = setInterval(() => {
    const passed = Number(process.hrtime.bigint() - began) / 1e9;
    if (passed >= seconds) {
      clearInterval(tick);
      console.log(JSON.stringify({ begun, seen }));
      process.exit(0);
    }
    for (; begun < passed * rate; begun += 1) call().catch(() => {});
  }, 1);
});

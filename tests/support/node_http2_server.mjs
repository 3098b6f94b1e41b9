// A server of HTTP/2 made of Node's own http2, for tests: it listens on two free ports of 127.0.0.1,
// in the clear and over TLS, and prints them in one line. What it does is in the path.
//
//   node node_http2_server.mjs CERTIFICATE KEY
import {readFileSync} from 'node:fs';
import http2 from 'node:http2';
import {Readable} from 'node:stream';

const answerWith = (stream, text) => {
  stream.respond({':status': 200});
  stream.end(text);
};

// 64 KiB a piece; waits for whoever reads.
function* pieces(bytes) {
  const piece = Buffer.alloc(65536, 'x');
  for (; bytes > 0; bytes -= piece.length) yield piece.subarray(0, Math.min(bytes, piece.length));
}

const refused = new Set();

const routes = {
  '/small': (stream) => answerWith(stream, 'small'),
  '/hold': () => {},
  '/echo': (stream) => {
    stream.respond({':status': 200});
    stream.pipe(stream);
  },
  '/count': async (stream) => {
    let count = 0;
    for await (const piece of stream) count += piece.length;
    answerWith(stream, String(count));
  },
  '/bytes': (stream, asked) => {
    stream.respond({':status': 200});
    Readable.from(pieces(Number(asked.get('count')))).pipe(stream);
  },
  '/trailers': (stream) => {
    stream.additionalHeaders({':status': 103, link: '</x>'});
    stream.respond({':status': 200, trailer: 'checksum'}, {waitForTrailers: true});
    stream.on('wantTrailers', () => stream.sendTrailers({checksum: '1'}));
    stream.end('text');
  },
  '/reset': (stream, asked) => stream.close(Number(asked.get('code'))),
  // `close` would end the body first.
  '/reset-in-body': (stream) => {
    stream.respond({':status': 200});
    stream.write('part', () => stream.destroy(new Error('enough')));
  },
  '/refuse-once': (stream, asked) => {
    if (refused.has(asked.get('who'))) return answerWith(stream, 'twice');
    refused.add(asked.get('who'));
    stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
  },
  '/push': (stream) => {
    try {
      stream.pushStream({':path': '/pushed'}, (fault, pushed) => {
        pushed?.respond({':status': 200});
        pushed?.end('unasked');
        answerWith(stream, fault ? fault.code : 'pushed');
      });
    } catch (fault) {
      answerWith(stream, fault.code);
    }
  },
  // A GOAWAY, and the end once what has begun is answered.
  '/leave': (stream) => {
    answerWith(stream, 'leaving');
    stream.session.close();
  },
  '/vanish': (stream) => stream.session.destroy(),
};

const serve = (stream, headers) => {
  stream.on('error', () => {});
  const asked = new URL(headers[':path'], 'http://localhost');
  const route = routes[asked.pathname];
  if (route) return route(stream, asked.searchParams)?.catch?.(() => {});
  stream.respond({':status': 404}, {endStream: true});
};

const start = (server) =>
  new Promise((started) => {
    server.on('stream', serve);
    server.on('sessionError', () => {});
    server.listen(0, '127.0.0.1', () => started(server.address().port));
  });

const settings = {maxConcurrentStreams: 50};
const [, , certificate, key] = process.argv;
const plain = await start(http2.createServer({settings}));
const secured = await start(
  http2.createSecureServer({settings, cert: readFileSync(certificate), key: readFileSync(key)}));
console.log(`${plain} ${secured}`);

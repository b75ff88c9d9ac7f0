import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { draws } from '../../server/src/modules/cards/formats/csv-fuzz.ts';
import { effort } from '../prove.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';
import { disturbed } from './disturb.ts';

const MESSAGES = effort(500, 20_000);
const folder = dataFolder();
let server: ServerProcess;
beforeAll(async () => {
  server = await startServer(folder.path, { env: { THINGWARD_LOG: 'error' } });
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

/** Sends octets as they are and says what came back until the connection closed, or for `mostMs`. */
function sent(message: string | Buffer, mostMs = 3_000): Promise<{ told: string; isClosed: boolean }> {
  const { hostname, port } = new URL(server.address);
  return new Promise(resolve => {
    const socket = connect(Number(port), hostname);
    let told = '';
    const end = (isClosed: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ told, isClosed });
    };
    const timer = setTimeout(() => end(false), mostMs);
    socket.on('data', part => {
      told += part.toString('latin1');
    });
    socket.on('close', () => end(true));
    socket.on('error', () => end(true));
    socket.write(message);
  });
}

const post = (headers: string, body: string): string =>
  `POST /api/v1/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${headers}\r\n\r\n${body}`;
const SOUND = post('content-length: 2', '{}');
const smuggled = 'GET /api/v1/me HTTP/1.1\r\nhost: x\r\n\r\n';

describe('the server, on the wire', () => {
  it.each<[string, string]>([
    ['two lengths', post('content-length: 2\r\ncontent-length: 3', '{}x')],
    ['a length and chunks', post('content-length: 2\r\ntransfer-encoding: chunked', `0\r\n\r\n${smuggled}`)],
    ['an encoding after the chunks', post('transfer-encoding: chunked, identity', `0\r\n\r\n${smuggled}`)],
    ['a length that is no number', post('content-length: +2', '{}')],
    ['a negative length', post('content-length: -1', '{}')],
    ['a length beyond any number', post(`content-length: ${'9'.repeat(40)}`, '{}')],
    ['a chunk whose size is no number', post('transfer-encoding: chunked', `zz\r\n{}\r\n0\r\n\r\n`)],
    ['a chunk beyond any number', post('transfer-encoding: chunked', `${'F'.repeat(20)}\r\n{}\r\n0\r\n\r\n`)],
    ['a chunk longer than it says', post('transfer-encoding: chunked', `1\r\n{}\r\n0\r\n\r\n`)],
    [
      'a chunk with an endless extension',
      post('transfer-encoding: chunked', `2;${'a'.repeat(100_000)}\r\n{}\r\n`),
    ],
    ['headers beyond 16 KiB', `GET / HTTP/1.1\r\nhost: x\r\n${`a: ${'b'.repeat(1_000)}\r\n`.repeat(40)}\r\n`],
    ['ten thousand headers', `GET / HTTP/1.1\r\nhost: x\r\n${'a: b\r\n'.repeat(10_000)}\r\n`],
    ['an address of 100 kilobytes', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nhost: x\r\n\r\n`],
    ['a blank before the colon', `GET / HTTP/1.1\r\nhost : x\r\n\r\n`],
    ['a NUL in a header', `GET / HTTP/1.1\r\nhost: x\r\na: b\0c\r\n\r\n`],
    ['a bare CR in a header', `GET / HTTP/1.1\r\nhost: x\r\na: b\rc: d\r\n\r\n`],
    ['no host', `GET / HTTP/1.1\r\n\r\n`],
    ['another version', `GET / HTTP/9.9\r\nhost: x\r\n\r\n`],
    ['an unknown method', `STEAL / HTTP/1.1\r\nhost: x\r\n\r\n`],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ])(
    'a message whose length is told twice, falsely or without end is refused and its connection closed: %s',
    async (_, message) => {
      const { told, isClosed } = await sent(Buffer.from(message, 'latin1'), 10_000);
      expect(isClosed).toBe(true);
      // One answer at most, and never to what was hidden in a body.
      const answers = told.match(/^HTTP\/1\.1 \d+/gm) ?? [];
      expect(answers.length).toBeLessThanOrEqual(1);
      for (const answer of answers) expect(answer).toMatch(/ 4\d\d$/);
    },
  );

  it('TRACE echoes nothing', async () => {
    const { told } = await sent('TRACE / HTTP/1.1\r\nhost: x\r\nx-secret: abc\r\nconnection: close\r\n\r\n');
    expect(told).not.toContain('x-secret');
    expect(told).toMatch(/^HTTP\/1\.1 4\d\d/);
  });

  it('octets of any kind break no answer to anybody else', async () => {
    const seeds = [SOUND, post('transfer-encoding: chunked', '2\r\n{}\r\n0\r\n\r\n'), smuggled].map(text =>
      Buffer.from(text),
    );
    let next = 0;
    let answers = 0;
    const lane = async (): Promise<void> => {
      for (let number = next++; number < MESSAGES; number = next++) {
        const { told } = await sent(disturbed(draws(number + 1), seeds), 150);
        answers += told === '' ? 0 : 1;
        expect(told).not.toMatch(/^HTTP\/1\.1 5\d\d/m);
      }
    };
    await Promise.all(Array.from({ length: 40 }, lane));
    process.stdout.write(`fuzz wire inputs=${MESSAGES} answered=${answers} crashes=0\n`);
    expect((await fetch(`${server.address}/openapi.json`)).status).toBe(200);
    expect(answers).toBeGreaterThan(MESSAGES / 4);
  });

  // It takes as long as it says.
  if (effort(0, 1) === 1)
    it('headers that do not come end the connection within two minutes', async () => {
      const { isClosed } = await sent('GET / HTTP/1.1\r\nhost: x\r\na: ', 120_000);
      expect(isClosed).toBe(true);
    });
});

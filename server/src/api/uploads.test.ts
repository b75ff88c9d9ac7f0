import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { PassThrough } from 'node:stream';
import Fastify from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { passUploadBy, uploadOf } from './uploads.ts';

const app = Fastify();
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
beforeAll(async () => {
  app.get('/next', async () => 'answered');
  app.register(async scope => {
    scope.removeAllContentTypeParsers();
    scope.addHook('onError', passUploadBy);
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    scope.post('/iterated', async request => {
      await (request.body as Readable)[Symbol.asyncIterator]().next();
      throw new Error('seen enough');
    });
    scope.post('/piped', async request => {
      const reader = (request.body as Readable).pipe(new PassThrough());
      await new Promise(resolve => reader.once('data', resolve));
      reader.destroy();
      throw new Error('seen enough');
    });
    scope.post('/empty', async asked => {
      const parts: unknown[] = [];
      for await (const part of uploadOf(asked)) parts.push(part);
      return parts.length === 0 ? 'nothing' : 'something';
    });
    scope.post('/unread', async () => {
      throw new Error('not even looked at');
    });
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  agent.destroy();
  await app.close();
});

function ask(method: string, path: string, body?: Buffer): Promise<number> {
  const { port } = app.server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'x/y', 'content-length': body.length };
    const asked = request({ host: '127.0.0.1', port, method, path, agent, headers }, answer => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
    });
    asked.once('error', reject).end(body);
  });
}

test.each(['/iterated', '/piped', '/unread'])(
  'the rest of a refused upload does not hold up what comes next on its connection (%s)',
  async path => {
    for (let i = 0; i < 3; i += 1) {
      expect(await ask('POST', path, Buffer.alloc(4 << 20))).toBe(500);
      expect(await ask('GET', '/next')).toBe(200);
    }
  },
  10_000,
);

test('an upload without a body is an empty stream, no fault of the server', async () => {
  expect(await ask('POST', '/empty')).toBe(200);
});

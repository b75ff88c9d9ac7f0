import { type AddressInfo, connect } from 'node:net';
import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endSlowBodies, refuseHostileBody } from './hostile-bodies.ts';

const app = Fastify({ bodyLimit: 1 << 20 });
beforeAll(async () => {
  app.addHook('preParsing', endSlowBodies(1 << 20, 300));
  app.addHook('preValidation', refuseHostileBody);
  app.setErrorHandler((error, _request, reply) => reply.code(400).send((error as { code?: string }).code));
  app.post('/ordinary', async () => 'taken');
  app.register(async scope => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    scope.post('/upload', { bodyLimit: Number.MAX_SAFE_INTEGER }, async request => {
      let bytes = 0;
      for await (const part of request.body as AsyncIterable<Buffer>) bytes += part.length;
      return String(bytes);
    });
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => app.close());

const posted = async (json: string, query = '') => {
  const headers = { 'content-type': 'application/json' };
  const { body } = await app.inject({ method: 'POST', url: `/ordinary${query}`, headers, payload: json });
  return body;
};

describe('the door, before a route sees a request', () => {
  it.each([
    ['{"a":"x\\u0000"}', ''],
    ['{"a":[{"b":"\\ud800"}]}', ''],
    ['{"\\u0000":1}', ''],
    ['{}', '?a=%00'],
  ])('refuses a text that no database holds: %s%s', async (json, query) => {
    expect(await posted(json, query)).toBe('value-unstorable');
  });

  it('refuses half a million levels of brackets, and takes sixty', async () => {
    expect(await posted(`${'['.repeat(500_000)}${']'.repeat(500_000)}`)).toBe('request-invalid');
    expect(await posted(`${'['.repeat(60)}${']'.repeat(60)}`)).toBe('taken');
  });

  /** Sends two octets of a body of eight, waits, sends the rest; whatever was answered. */
  const slowly = (path: string, waitMs: number) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
      let told = '';
      socket.on('data', part => {
        told += part.toString();
        socket.end();
      });
      socket.on('close', () => resolve(told));
      socket.on('error', error =>
        (error as NodeJS.ErrnoException).code === 'ECONNRESET' ? undefined : reject(error),
      );
      const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 8\r\n\r\n`;
      socket.write(`${head}{"`);
      setTimeout(() => socket.write('a":12}'), waitMs);
    });

  it('ends the connection of a body that does not come, and not that of an upload', async () => {
    expect(await slowly('/ordinary', 20)).toContain('200 OK');
    expect(await slowly('/ordinary', 900)).toBe('');
    expect(await slowly('/upload', 900)).toContain('200 OK');
  });
});

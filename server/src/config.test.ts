import { describe, expect, test } from 'vitest';
import { ConfigFault, readConfig } from './config.ts';

const originUnder = (env: Record<string, string>, args: string[] = []) =>
  readConfig({ HOME: '/home/x', ...env }, args).ledgerOrigin;

describe('the origin of a new ledger', () => {
  test.each<[string, Record<string, string>, string | undefined]>([
    ['nothing is set', {}, undefined],
    ['any port is taken', { THINGWARD_PORT: '0' }, undefined],
    ['it listens to all, but nothing is set', { THINGWARD_HOST: '0.0.0.0' }, undefined],
    ['the public address is localhost', { THINGWARD_PUBLIC_URL: 'http://localhost:8470' }, undefined],
    ['the public address is below localhost', { THINGWARD_PUBLIC_URL: 'http://tw.localhost' }, undefined],
    ['the public address is a loopback one', { THINGWARD_PUBLIC_URL: 'http://127.0.0.2:1/x' }, undefined],
    ['the public address is the other loopback', { THINGWARD_PUBLIC_URL: 'http://[::1]:80' }, undefined],
    ['a public address is set', { THINGWARD_PUBLIC_URL: 'https://watch.example/' }, 'watch.example/ledger'],
    [
      'it has a port and a path that the operator chose',
      { THINGWARD_PUBLIC_URL: 'https://watch.example:8443/iot/' },
      'watch.example:8443/iot/ledger',
    ],
    [
      'an origin of its own is set',
      { THINGWARD_PUBLIC_URL: 'https://watch.example', THINGWARD_LEDGER_ORIGIN: 'log.example/2026' },
      'log.example/2026',
    ],
  ])('when %s', (_, env, origin) => {
    expect(originUnder(env)).toBe(origin);
  });

  test.each(['two words', 'a+b', 'x'.repeat(201)])('is not %j', given => {
    expect(() => originUnder({ THINGWARD_LEDGER_ORIGIN: given })).toThrow(ConfigFault);
  });

  test('never shows a password of the public address', () => {
    expect(() => originUnder({ THINGWARD_PUBLIC_URL: 'https://u:secret@watch.example' })).toThrow(
      /must hold no user or password/,
    );
  });
});

test('every fault is told at once, by the name of its setting', () => {
  const env = { DATABASE_URL: 'mysql://x', THINGWARD_MODE: 'maybe', THINGWARD_PUBLIC_URL: 'nowhere' };
  const read = () => readConfig(env, ['--port', 'eighty', '--what']);
  for (const name of ['DATABASE_URL', 'THINGWARD_MODE', 'THINGWARD_PUBLIC_URL', 'THINGWARD_PORT', '--what'])
    expect(read).toThrow(new RegExp(`- ${name}`));
});

test('production speaks to other machines over TLS alone', () => {
  const read = (env: Record<string, string>) => () =>
    readConfig({ THINGWARD_MODE: 'production', ...env }, []);
  expect(read({ THINGWARD_HOST: '0.0.0.0' })).toThrow('THINGWARD_MODE');
  expect(read({ THINGWARD_HOST: '192.0.2.1', THINGWARD_PUBLIC_URL: 'http://x.example' })).toThrow('TLS');
  expect(read({})).not.toThrow();
  expect(read({ THINGWARD_HOST: '0.0.0.0', THINGWARD_PUBLIC_URL: 'https://x.example' })).not.toThrow();
  const tls = { THINGWARD_TLS_CERT: '/c', THINGWARD_TLS_KEY: '/k' };
  expect(read({ THINGWARD_HOST: '0.0.0.0', ...tls })).not.toThrow();
});

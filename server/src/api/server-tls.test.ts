import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '../kernel/log.ts';
import { readTlsPair, type TlsFiles, tlsRenewal } from '../kernel/tls-files.ts';
import type { App, Doors } from './app.ts';
import { buildApi } from './server.ts';

const folder = mkdtempSync(join(tmpdir(), 'tw-tls-'));
const files: TlsFiles = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
let app: App;
let port: number;
let look: () => void;

/** A certificate for localhost with its key, by OpenSSL. */
function makePair(name: string): void {
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const out = ['-keyout', files.keyFile, '-out', files.certFile, '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...key, ...subject, ...out], { stdio: 'ignore' });
}

beforeAll(async () => {
  makePair('first');
  const doors = { log: silentLog } as unknown as Doors;
  const route = (each: App) => void each.get('/here', async () => ({ here: true }));
  const tls = readTlsPair(files);
  app = await buildApi(doors, [route], { origins: [], trustedProxies: [], tls });
  const server = app.server as unknown as Server;
  look = tlsRenewal(files, tls, context => server.setSecureContext(context), silentLog, 'door');
  await app.listen({ port: 0, host: '127.0.0.1' });
  port = (app.server.address() as { port: number }).port;
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

/** Name in the certificate that a new connection meets, or the error it ends with. */
function met(more: object = {}): Promise<string> {
  return new Promise(resolve => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      rejectUnauthorized: false,
      ...more,
    });
    socket.once('secureConnect', () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.once('error', error => resolve((error as { code?: string }).code ?? error.message));
  });
}

test('answers carry HSTS over TLS, and the certificate is checked by name', async () => {
  const ca = readFileSync(files.certFile);
  const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
    request({ port, host: '127.0.0.1', servername: 'localhost', ca, path: '/here' }, answer => {
      answer.resume();
      resolve(answer.headers);
    })
      .once('error', reject)
      .end();
  });
  expect(headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains');
});

test('TLS 1.1 and suites without forward secrecy are refused, 1.2 and 1.3 are met', async () => {
  const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
  expect(await met(old)).not.toBe('first');
  expect(await met({ maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' })).not.toBe('first');
  expect(await met({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' })).toBe('first');
  expect(await met({ minVersion: 'TLSv1.3' })).toBe('first');
});

test('a new pair is used from the next connection on; half a pair changes nothing', async () => {
  const former = readFileSync(files.keyFile);
  makePair('second');
  const second = readFileSync(files.keyFile);
  writeFileSync(files.keyFile, former);
  look();
  expect(await met()).toBe('first');
  writeFileSync(files.keyFile, second.subarray(0, 60));
  look();
  expect(await met()).toBe('first');
  writeFileSync(files.keyFile, second);
  look();
  expect(await met()).toBe('second');
});

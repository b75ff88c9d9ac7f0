/** C1: a device gets an identity that can be told, and taken away, by command alone. */
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pemOf } from '../../server/src/kernel/der/pem.ts';
import { deviceRequest, sha1 } from '../../server/src/modules/devices/testing/test-root.ts';
import { heard, listed, questionAbout } from '../../server/src/modules/devices/testing/told.ts';
import { readCertificate } from '../../server/src/modules/devices/x509/read-certificate.ts';
import { ApiClient, until } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

const folder = dataFolder();
let server: ServerProcess;
let home: string;
let line: CommandLine;
const at = (name: string): string => join(home, name);

beforeAll(async () => {
  server = await startServer(folder.path);
  home = await mkdtemp(join(tmpdir(), 'tw-home-'));
  const first = server.first as { email: string; password: string };
  const client = new ApiClient(server.address);
  await client.signIn(first.email, first.password, 'a long enough pass phrase 6');
  const env = { THINGWARD_URL: server.address, THINGWARD_TOKEN: client.token as string };
  line = commandLine(home, env);
}, 120_000);
afterAll(async () => {
  await server?.stop();
  folder.remove();
  await rm(home, { recursive: true, force: true });
});

async function octets(path: string, init?: RequestInit): Promise<Buffer> {
  const answer = await fetch(server.address + path, init);
  expect([path, answer.status]).toEqual([path, 200]);
  return Buffer.from(await answer.arrayBuffer());
}

test('root, authority, device, certificate, revocation: each by its command, and everybody is told', async () => {
  const root = ['--passphrase-file', at('passphrase')];
  const made = ['root', 'make', at('root'), ...root, '--name', 'Root', '--organization', 'Example'];
  await line.json('authorities', ...made);
  const asked = ['--organization', 'Example', '--out', at('a.csr')];
  const { id } = await line.json<{ id: number }>('authorities', 'request', 'meters', ...asked);
  const early = await line.run('certificates', 'issue', 'meter-3:A1', at('a.csr'), '--authority', String(id));
  expect([early.code, early.err]).toEqual([1, expect.stringContaining('device-unknown')]);
  const sign = ['root', 'sign', at('root'), at('a.csr'), ...root, '--out', at('a.pem')];
  const signed = await line.json<{ subject: string }>('authorities', ...sign);
  expect(signed.subject).toBe('O=Example, CN=meters');
  await line.json('authorities', 'install', String(id), at('a.pem'), '--above', at('root/root.pem'));
  await line.json('devices', 'add', 'meter-3', 'A1');
  const { der } = deviceRequest([['commonName', 'meter-3:A1']]);
  writeFileSync(at('d.csr'), pemOf('CERTIFICATE REQUEST', der));
  const issue = ['issue', 'meter-3:A1', at('d.csr'), '--authority', String(id), '--out', at('d.pem')];
  const one = await line.json<{ id: number; serial: string }>('certificates', ...issue);
  const seen = new X509Certificate(readFileSync(at('d.pem')));
  const authority = new X509Certificate(await octets(`/pki/${id}/certificate.cer`));
  expect(seen.checkIssued(authority) && seen.verify(authority.publicKey)).toBe(true);
  expect((await line.run('devices', 'list')).out).toContain('meter-3:A1');

  const { nameDigests, keyDigests } = digestsIn(seen, authority);
  const question = questionAbout({ nameDigests, keyDigests } as never, [Buffer.from(one.serial, 'hex')]);
  const post = { method: 'POST', body: question, headers: { 'content-type': 'application/ocsp-request' } };
  const said = async () => heard(await octets('/pki/ocsp', post)).said[0];
  await until('an answer', async () => (await said()) === 'good');
  const get = await octets(`/pki/ocsp/${encodeURIComponent(question.toString('base64'))}`);
  expect(heard(get).said).toEqual(['good']);
  const why = ['--reason', 'key-compromise', '--why', 'stolen'];
  await line.json('certificates', 'revoke', String(one.id), ...why);
  expect(await said()).toBe('revoked 1');
  await until('the delta', async () => listed(await octets(`/pki/${id}/0-delta.crl`)).has(one.serial));
  const shown = await line.run('certificates', 'show', String(one.id));
  for (const out of [shown.out, (await line.run('certificates', 'list')).out])
    expect(out).toContain('meter-3:A1');
  expect(shown.out).toMatch(/revoked[\s\S]*stolen/);
  const chinese = await line.run('certificates', 'hold', String(one.id), '--why', 'x', '--lang', 'zh');
  expect([chinese.code, chinese.err]).toEqual([1, expect.stringContaining('该证书已被永久吊销')]);
});

test('what is no list, no authority and no question is said so, and a question in JSON is not taken', async () => {
  const status = async (path: string, init?: RequestInit) =>
    (await fetch(server.address + path, init)).status;
  expect(await status('/pki/1/99.crl')).toBe(404);
  expect(await status('/pki/1/all.txt')).toBe(404);
  expect(await status('/pki/99/all.crl')).toBe(404);
  const json = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
  expect(await status('/pki/ocsp', json)).toBe(415);
  const post = { method: 'POST', body: 'x', headers: { 'content-type': 'application/ocsp-request' } };
  expect(heard(await octets('/pki/ocsp', post)).status).toBe(1);
  expect(heard(await octets('/pki/ocsp/AAAA')).status).toBe(1);
});

/** What a question names the issuer by, worked out from the certificates as any client does. */
function digestsIn(one: X509Certificate, authority: X509Certificate) {
  const key = authority.publicKey.export({ type: 'spki', format: 'der' });
  // A key of P-256 has its point in the last 65 octets.
  return { nameDigests: [sha1(readCertificate(one.raw).issuer)], keyDigests: [sha1(key.subarray(-65))] };
}

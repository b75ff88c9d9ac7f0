import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pemOf, pemParts } from '../../../kernel/der/pem.ts';
import { authorityChain } from '../path/chain.ts';
import { NOW_MS, PROFILES } from '../testing/device-scene.ts';
import { deviceRequest, testRoot } from '../testing/test-root.ts';
import { listed } from '../testing/told.ts';
import { makeRoot, type RootDeed, renewRootList, signAuthority } from './offline-root.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tw-root-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const deed = (): RootDeed => ({
  folder: at('root'),
  passphraseFile: at('passphrase'),
  nowMs: NOW_MS,
  profiles: PROFILES,
});
const certificateIn = (path: string): Buffer =>
  pemParts(readFileSync(path, 'utf8'), 'CERTIFICATE')[0] as Buffer;

function signOne(name: string): Buffer {
  writeFileSync(at(`${name}.csr`), pemOf('CERTIFICATE REQUEST', deviceRequest([['commonName', name]]).der));
  signAuthority(deed(), { request: at(`${name}.csr`), certificate: at(`${name}.pem`) });
  return certificateIn(at(`${name}.pem`));
}

it('a root signs authorities, its key lies encrypted, and nobody else can read key or passphrase (I-39)', () => {
  makeRoot(deed(), { name: 'Root', organization: 'Test', country: 'DE' });
  for (const secret of ['root/root.key', 'passphrase']) expect(statSync(at(secret)).mode & 0o077).toBe(0);
  expect(readFileSync(at('root/root.key'), 'utf8')).toContain('BEGIN ENCRYPTED PRIVATE KEY');
  const chain = authorityChain(signOne('issuing'), [certificateIn(at('root/root.pem'))], NOW_MS + 1_000);
  expect(chain).toMatchObject([{ isAuthority: true, pathLength: 0 }, { isAuthority: true }]);
  expect(new X509Certificate(certificateIn(at('root/root.pem'))).subject).toBe('C=DE\nO=Test\nCN=Root');
});

it('its list names what it revoked, each once, and no number is given twice', () => {
  makeRoot(deed(), { name: 'Root', organization: 'Test' });
  signOne('one');
  const crlIn = () =>
    listed(pemParts(readFileSync(at('root/root.crl.pem'), 'utf8'), 'X509 CRL')[0] as Buffer);
  expect(crlIn().size).toBe(0);
  const revoke = { revoke: at('one.pem'), reason: 'cessation-of-operation' } as const;
  expect(renewRootList(deed(), revoke)).toMatchObject({ crlNumber: 2, revoked: 1 });
  expect(renewRootList(deed(), revoke)).toMatchObject({ crlNumber: 3, revoked: 1 });
  expect([...crlIn().values()]).toEqual([5]);
});

it('says no to a second root in the folder, a wrong or short passphrase, and what another root signed', () => {
  makeRoot(deed(), { name: 'Root', organization: 'Test' });
  expect(() => makeRoot(deed(), { name: 'Root', organization: 'Test' })).toThrow('root-refused');
  writeFileSync(at('other'), 'x'.repeat(30));
  expect(() => renewRootList({ ...deed(), passphraseFile: at('other') }, {})).toThrow('root-refused');
  writeFileSync(at('short'), 'secret');
  expect(() => renewRootList({ ...deed(), passphraseFile: at('short') }, {})).toThrow('root-refused');
  const stranger = testRoot(NOW_MS);
  writeFileSync(at('theirs.pem'), pemOf('CERTIFICATE', stranger.certificate));
  expect(() => renewRootList(deed(), { revoke: at('theirs.pem') })).toThrow('root-refused');
});

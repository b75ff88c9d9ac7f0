import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { run } from '../program.ts';

const ORIGIN = 'ledger.example/thingward';
const ENTRY = '{"act":"case-opened","object":"case/3"}';
const sha256 = (...parts: (string | Buffer)[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** A log of one entry, signed by a key made here: its verifier key, and a proof of the entry. */
function logOfOne() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const typed = Buffer.concat([Buffer.from([1]), raw]);
  const id = sha256(`${ORIGIN}\n`, typed).subarray(0, 4);
  const text = `${ORIGIN}\n1\n${sha256(Buffer.from([0]), ENTRY).toString('base64')}\n`;
  const signature = Buffer.concat([id, sign(null, Buffer.from(text), privateKey)]).toString('base64');
  const checkpoint = `${text}\n— ${ORIGIN} ${signature}\n`;
  const key = `${ORIGIN}+${id.toString('hex')}+${typed.toString('base64')}`;
  return { key, checkpoint, proof: `c2sp.org/tlog-proof@v1\nindex 0\n\n${checkpoint}` };
}

let folder: string;
const log = logOfOne();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'thingward-verify-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  await mkdir(join(folder, 'proofs'), { recursive: true });
  await writeFile(join(folder, 'proofs', '000000000.entry'), ENTRY);
  await writeFile(join(folder, 'proofs', '000000000.tlog-proof'), log.proof);
  await writeFile(join(folder, 'ledger.vkey'), `${log.key}\n`);
  await writeFile(join(folder, 'SHA256SUMS'), `${sha256(ENTRY).toString('hex')}  proofs/000000000.entry\n`);
});

async function verify(...argv: string[]) {
  let said = '';
  const keep = (text: string) => {
    said += text;
  };
  const code = await run(['verify', ...argv], {
    env: {},
    stdin: Readable.from([]),
    out: keep,
    err: keep,
    isErrTerminal: false,
    home: folder,
    now: () => 0,
  });
  return { code, said };
}

test('a folder whose proofs hold is told so, and that its own key proves nothing about the keeper', async () => {
  const { code, said } = await verify(folder);
  expect(code).toBe(0);
  expect(said).toContain('proved; entry 0 of a ledger of 1, ledger.example/thingward');
  expect(said).toContain('Compare it with the one its keeper gives');
});

test('with the key of the keeper nothing is left to compare', async () => {
  const { code, said } = await verify(folder, '--key', log.key);
  expect([code, said.includes('Compare')]).toEqual([0, false]);
});

test('a folder made anew under another key is refused by the key of the keeper', async () => {
  const { code, said } = await verify(folder, '--key', logOfOne().key);
  expect(code).toBe(1);
  expect(said).toMatch(/REFUSED \((note-unsigned|signature-invalid)\)/);
});

test('a changed entry is refused twice: by its proof and by its digest', async () => {
  await writeFile(join(folder, 'proofs', '000000000.entry'), ENTRY.replace('case/3', 'case/4'));
  const { code, said } = await verify(folder, '--key', log.key);
  expect(code).toBe(1);
  expect(said).toContain('proofs/000000000.entry: REFUSED, it differs from SHA256SUMS');
  expect(said).toContain('REFUSED (proof-invalid)');
  expect(said).toContain('2 of 2 checks failed.');
});

test('one proof is checked with the entry beside it; a folder without any is no success', async () => {
  expect((await verify(join(folder, 'proofs', '000000000.tlog-proof'), '--key', log.key)).code).toBe(0);
  await rm(join(folder, 'proofs'), { recursive: true });
  const { code, said } = await verify(folder, '--key', log.key);
  expect([code, said.includes('There is no proof in')]).toEqual([1, true]);
});

test('a key that is none is a fault of the call', async () => {
  expect((await verify(folder, '--key', 'a+b+c')).code).toBe(2);
});

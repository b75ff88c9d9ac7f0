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

test('a folder checked with its own key is consistent and not called proved, in both languages', async () => {
  const { code, said } = await verify(folder);
  expect(code).toBe(0);
  expect(said).toContain('consistent with the key that came along, NOT proved; entry 0 of a ledger of 1');
  expect(said).toContain(`NOT PROVED against an independent key`);
  expect(said).toContain(`thingward verify ${folder} --key KEY`);
  expect(said).toContain(`The key that came along: ${log.key}`);
  expect(said).not.toMatch(/: proved|proofs hold/);
  const chinese = (await verify(folder, '--lang', 'zh')).said;
  expect(chinese).toContain('与随附公钥一致，但未获证实');
  expect(chinese).toContain('未以独立公钥证实');
  expect(chinese).not.toMatch(/：已证实|证明成立/);
});

test('with the key of the keeper it is proved', async () => {
  const { code, said } = await verify(folder, '--key', log.key);
  expect(code).toBe(0);
  expect(said).toContain('proved; entry 0 of a ledger of 1, ledger.example/thingward');
  expect(said).toContain('All 1 proofs hold under the key you gave.');
  expect(said).not.toMatch(/NOT|came along/);
});

test('programs read from where the key came, and whether that proves anything', async () => {
  const keyFile = join(folder, '..', `${ORIGIN.replace('/', '-')}-${process.pid}.vkey`);
  await writeFile(keyFile, log.key);
  const json = async (...argv: string[]) => JSON.parse((await verify(...argv, '--json')).said);
  const own = { keyFrom: 'folder', isProved: false, failed: 0, keyOfFolder: log.key };
  expect(await json(folder)).toMatchObject(own);
  expect(await json(join(folder, 'proofs', '000000000.tlog-proof'))).toMatchObject(own);
  // A key file of the folder itself says no more when it is named.
  expect(await json(folder, '--key', join(folder, 'ledger.vkey'))).toMatchObject({
    ...own,
    keyOfFolder: null,
  });
  const proof = join(folder, 'proofs', '000000000.tlog-proof');
  expect(await json(proof, '--key', join(folder, 'ledger.vkey'))).toMatchObject({ keyFrom: 'folder' });
  for (const key of [log.key, keyFile])
    for (const path of [folder, proof])
      expect(await json(path, '--key', key)).toMatchObject({ keyFrom: 'given', isProved: true, failed: 0 });
  await rm(keyFile);
});

test('a folder made anew under a key of its maker is never proved by itself', async () => {
  const forged = logOfOne();
  await writeFile(join(folder, 'proofs', '000000000.tlog-proof'), forged.proof);
  await writeFile(join(folder, 'ledger.vkey'), forged.key);
  const { code, said } = await verify(folder);
  expect([code, said.includes('NOT PROVED against an independent key')]).toEqual([0, true]);
  expect((await verify(folder, '--key', log.key)).code).toBe(1);
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

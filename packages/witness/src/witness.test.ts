import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openNote, parseVerifierKey } from '@thingward/verifier';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type MadeLog, madeLog, submissionOf } from '../../../tests/made-log.ts';
import { type Cosigner, cosignerOf } from './cosigner.ts';
import { openWitness, originHash, type Witness } from './witness.ts';

const NOW_MS = 1_790_000_000_000;
let folder: string;
let log: MadeLog;
let cosigner: Cosigner;
let witness: Witness;

const open = async (): Promise<Witness> =>
  openWitness({ folder, cosigner, logs: [await parseVerifierKey(log.vkey)], now: () => NOW_MS });
const ask = (old: number, size: number, from: MadeLog = log, proof = from.proof(old, size)) =>
  witness.addCheckpoint(submissionOf(old, proof, from.note(size)));
const sizeOf = (note: string | null): number => Number(note?.split('\n')[1]);
const grown = (count: number): void =>
  log.add(...Array.from({ length: count }, () => ({ act: 'case-note' })));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'witness-'));
  log = madeLog();
  grown(300);
  cosigner = cosignerOf('regulator.example/w1', generateKeyPairSync('ed25519').privateKey);
  witness = await open();
});
afterEach(() => rm(folder, { recursive: true }));

describe('a witness (R-07, tlog-witness)', () => {
  test('cosigns a log from the beginning and every checkpoint that goes on from the last', async () => {
    for (const [old, size] of [
      [0, 1],
      [1, 1],
      [1, 255],
      [255, 256],
      [256, 300],
    ] as const) {
      const answer = await ask(old, size);
      expect([answer.status, old, size]).toEqual([200, old, size]);
      const key = await parseVerifierKey(cosigner.vkey);
      expect(await openNote(`${log.note(size)}${answer.body}`, [key])).toContain(`\n${size}\n`);
    }
    const latest = witness.latest(originHash('log.example/ledger')) as string;
    expect(latest.split('\n').slice(0, 2)).toEqual(['log.example/ledger', '300']);
    expect(latest).toContain('— regulator.example/w1 ');
  });

  test('signs the empty log, and no root of an empty log but the one there is', async () => {
    expect((await ask(0, 0)).status).toBe(200);
    const other = madeLog('log.example/ledger', { ...log.key });
    const lie = log.note(0).replace(/47DEQ[^\n]+/, 'bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=');
    expect((await witness.addCheckpoint(submissionOf(0, [], lie))).status).toBe(403);
    expect(other.size()).toBe(0);
  });

  test.each([
    ['nothing', ''],
    ['no empty line', 'old 0\n'],
    ['an old size with a zero before it', 'old 01\n\n'],
    ['a negative old size', 'old -1\n\n'],
    ['an old size beyond all sizes', 'old 99999999999999999999\n\n'],
    ['a hash of 31 bytes', `old 1\n${Buffer.alloc(31).toString('base64')}\n\n`],
    ['a hash that is no base64', 'old 1\n????\n\n'],
    ['64 hashes', `old 1\n${`${Buffer.alloc(32).toString('base64')}\n`.repeat(64)}\n`],
    ['carriage returns', 'old 0\r\n\r\n'],
  ])('answers 400 to %s', async (_what, head) => {
    expect((await witness.addCheckpoint(head + (head === '' ? '' : log.note(1)))).status).toBe(400);
  });

  test('answers 400 when the old size is the larger one, 404 to an origin it was not given, 403 to a stranger’s key', async () => {
    expect((await ask(2, 1, log, [])).status).toBe(400);
    const stranger = madeLog('other.example/ledger');
    stranger.add({ act: 'x' });
    expect((await ask(0, 1, stranger)).status).toBe(404);
    const pretender = madeLog('log.example/ledger');
    pretender.add({ act: 'x' });
    expect((await ask(0, 1, pretender)).status).toBe(403);
    expect(
      (await witness.addCheckpoint(submissionOf(0, [], log.note(1).replace('\n1\n', '\n2\n')))).status,
    ).toBe(403);
  });

  test('answers 409 with the size it last cosigned, by which a client learns it', async () => {
    await ask(0, 100);
    expect(await ask(0, 300)).toEqual({ status: 409, body: '100\n', isSize: true });
    expect(await ask(99, 300)).toEqual({ status: 409, body: '100\n', isSize: true });
    expect((await ask(100, 300)).status).toBe(200);
    expect(await ask(100, 200)).toEqual({ status: 409, body: '300\n', isSize: true });
  });

  test('answers 422 to a proof that is missing, changed, too long, or not empty from nothing', async () => {
    const proof = log.proof(100, 300);
    await ask(0, 100);
    expect((await ask(100, 300, log, [])).status).toBe(422);
    expect((await ask(100, 300, log, proof.toReversed())).status).toBe(422);
    expect((await ask(100, 300, log, [...proof, Buffer.alloc(32)])).status).toBe(422);
    expect((await ask(100, 100, log, [Buffer.alloc(32)])).status).toBe(422);
    expect((await ask(100, 300)).status).toBe(200);
    witness = await openWitness({
      folder: join(folder, 'fresh'),
      cosigner,
      logs: [await parseVerifierKey(log.vkey)],
      now: () => NOW_MS,
    });
    expect((await ask(0, 300, log, [Buffer.alloc(32)])).status).toBe(422);
  });

  test('refuses a second history under the log’s own key, and keeps both checkpoints of one size as proof', async () => {
    await ask(0, 300);
    const fork = madeLog('log.example/ledger', log.key);
    fork.add(...log.entries.slice(0, 298), { act: 'rewritten' }, log.entries[299] as Buffer, {
      act: 'later',
    });
    expect((await ask(300, 300, fork, [])).status).toBe(422);
    expect((await ask(300, 301, fork)).status).toBe(422);
    const [name] = await readdir(join(folder, 'logs', originHash('log.example/ledger'), 'conflicts'));
    const kept = JSON.parse(
      await readFile(
        join(folder, 'logs', originHash('log.example/ledger'), 'conflicts', name as string),
        'utf8',
      ),
    ) as { known: string; shown: string };
    const key = await parseVerifierKey(log.vkey);
    expect(await openNote(kept.known, [key])).not.toBe(await openNote(kept.shown, [key]));
    grown(1);
    expect((await ask(300, 301)).status).toBe(200);
  });

  test('believes two keys of one log while the log changes its key (R-13)', async () => {
    await ask(0, 10);
    const next = madeLog('log.example/ledger');
    next.add(...log.entries);
    expect((await ask(10, 20, next)).status).toBe(403);
    const logs = await Promise.all([log.vkey, next.vkey].map(parseVerifierKey));
    witness = await openWitness({ folder, cosigner, logs, now: () => NOW_MS });
    expect((await ask(10, 20, next)).status).toBe(200);
    expect((await ask(20, 30)).status).toBe(200);
  });

  test('of many at once that go on from one size, cosigns one: a race never rolls it back', async () => {
    await ask(0, 10);
    const sizes = Array.from({ length: 40 }, (_, i) => 300 - i);
    const answers = await Promise.all(sizes.map(size => ask(10, size)));
    expect(answers.filter(answer => answer.status === 200)).toHaveLength(1);
    expect(answers.filter(answer => answer.status === 409)).toHaveLength(39);
    const cosigned = sizes[answers.findIndex(answer => answer.status === 200)];
    expect((await open()).latest(originHash('log.example/ledger'))).toContain(`\n${cosigned}\n`);
  });

  test('of two on one folder that do not see each other, one cosigns, and the other learns it', async () => {
    await ask(0, 10);
    const twin = await open();
    const first = witness;
    let at = 10;
    for (let turn = 0; turn < 50; turn++) {
      const asked = (who: Witness, to: number) =>
        who.addCheckpoint(submissionOf(at, log.proof(at, to), log.note(to)));
      const both = await Promise.all([asked(first, at + 1), asked(twin, at + 2)]);
      // Whoever was signed is what is kept; the other learns of it at its next try, and it may take that try to.
      const kept = sizeOf((await open()).latest(originHash('log.example/ledger')));
      const signed = [at + 1, at + 2].filter((_, i) => both[i]?.status === 200);
      expect(signed).toEqual([kept]);
      at = kept;
      for (const who of [first, twin]) await who.addCheckpoint(submissionOf(at, [], log.note(at)));
    }
  });

  test('opens again where it stopped, and not at all on a memory that it did not write', async () => {
    await ask(0, 250);
    witness = await open();
    expect(await ask(0, 300)).toEqual({ status: 409, body: '250\n', isSize: true });
    const place = join(folder, 'logs', originHash('log.example/ledger'));
    const [file] = await readdir(place);
    const note = await readFile(join(place, file as string), 'utf8');
    for (const damaged of ['', note.replace('\n250\n', '\n249\n'), log.note(10), note.slice(0, 40)]) {
      await writeFile(join(place, file as string), damaged);
      await expect(open()).rejects.toMatchObject({ code: 'state-damaged' });
    }
  });
});

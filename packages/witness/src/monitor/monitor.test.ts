import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Policy, parsePolicy, policyOf, type ReadLogFile } from '@thingward/verifier';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type MadeLog, madeLog } from '../../../../tests/made-log.ts';
import { cosignerOf } from '../cosigner.ts';
import { WitnessRefusal } from '../refusal.ts';
import { originHash } from '../witness.ts';
import type { LookPlan } from './look.ts';
import { openMonitor, type Round } from './monitor.ts';
import { parseWatch } from './watches.ts';

const ORIGIN = 'log.example/ledger';
let folder: string;
let log: MadeLog;
let nowMs: number;
/** What the log answers; a test puts another log, or a fault, in its place. */
let read: ReadLogFile;
let witnessNote: string | null;

const plan = async (more: Partial<LookPlan> = {}): Promise<LookPlan> => {
  const policy: Policy = await policyOf(log.vkey);
  return {
    origin: ORIGIN,
    read: path => read(path),
    policy,
    logAlone: policy,
    witnesses: [],
    watches: [],
    staleMs: 3_600_000,
    pause: async () => {},
    ...more,
  };
};
const round = async (more: Partial<LookPlan> = {}): Promise<Round> =>
  (await openMonitor(folder, await plan(more), () => nowMs)).round();
const kinds = (seen: Round): string[] => seen.alarms.map(alarm => alarm.kind);
const grow = (of: MadeLog, count: number, act = 'case-note'): void =>
  of.add(...Array.from({ length: count }, () => ({ act })));
const show = (of: MadeLog): void => {
  read = async path => of.file(path);
};
const asked = () => [
  {
    url: 'https://w.example',
    read: async (path: string) =>
      witnessNote !== null && path === `${originHash(ORIGIN)}/checkpoint` ? Buffer.from(witnessNote) : null,
  },
];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'monitor-'));
  log = madeLog(ORIGIN);
  nowMs = 1_790_000_000_000;
  witnessNote = null;
  show(log);
});
afterEach(() => rm(folder, { recursive: true }));

describe('a monitor (R-14)', () => {
  test('derives the root from the entries over every border of tiles, and counts the acts', async () => {
    for (const step of [0, 1, 254, 1, 1, 300, 212]) {
      grow(log, step);
      expect(await round()).toMatchObject({ size: log.size(), entries: step, alarms: [], isAnswered: true });
    }
    log.add({ act: 'rule-armed' }, Buffer.from('no JSON at all'), { act: '__proto__' });
    expect((await round()).acts).toEqual({
      'case-note': 769,
      'rule-armed': 1,
      unreadable: 1,
      ['__proto__']: 1,
    });
  });

  test('raises `fork` when history before its last checkpoint was rewritten, keeps both notes, and never follows', async () => {
    grow(log, 300);
    await round();
    const fork = madeLog(ORIGIN, log.key);
    fork.add(...log.entries.slice(0, 17), { act: 'rewritten' }, ...log.entries.slice(18), { act: 'more' });
    show(fork);
    const seen = await round();
    expect(kinds(seen)).toEqual(['fork']);
    expect(seen.alarms[0]?.evidence).toEqual({ before: log.note(300), now: fork.note() });
    expect(seen.size).toBe(300);
    expect((await round()).raised).toEqual([]);
    expect(kinds(await round())).toEqual(['fork']);
    const alarms = await readdir(join(folder, 'followed', originHash(ORIGIN), 'alarms'));
    expect(alarms).toHaveLength(1);
    show(log);
    expect(kinds(await round())).toEqual([]);
  });

  test('raises `fork` for another root under the size it knows', async () => {
    grow(log, 10);
    await round();
    const fork = madeLog(ORIGIN, log.key);
    fork.add(...log.entries.slice(0, 9), { act: 'rewritten' });
    show(fork);
    expect(kinds(await round())).toEqual(['fork']);
  });

  test('raises `fork` when one byte of an entry that came is not what was signed', async () => {
    grow(log, 600);
    read = async path => {
      const bytes = log.file(path);
      if (bytes === null || path !== 'tile/entries/001') return bytes;
      return Buffer.from(bytes.map((byte, i) => (i === 3000 ? byte ^ 1 : byte)));
    };
    expect(kinds(await round())).toEqual(['fork']);
  });

  test('sees an entry or a hash tile that was changed afterwards only when it derives the whole log', async () => {
    grow(log, 600);
    await round();
    for (const changed of ['tile/entries/000', 'tile/0/001', 'tile/1/000.p/2']) {
      read = async path => {
        const bytes = log.file(path);
        return bytes === null || path !== changed
          ? bytes
          : Buffer.from(bytes.map((byte, i) => (i === 50 ? byte ^ 1 : byte)));
      };
      expect([changed, kinds(await round())]).toEqual([changed, []]);
      expect([changed, kinds(await round({ isWhole: true }))]).toEqual([changed, ['fork']]);
    }
    show(log);
    expect(kinds(await round({ isWhole: true }))).toEqual([]);
  });

  test('raises `shrunk` when the log shows less than it showed, and asks twice before', async () => {
    grow(log, 300);
    await round();
    let pauses = 0;
    const older = madeLog(ORIGIN, log.key);
    older.add(...log.entries.slice(0, 299));
    show(older);
    const pause = async () => {
      pauses += 1;
    };
    expect(kinds(await round({ pause }))).toEqual(['shrunk']);
    expect(pauses).toBe(1);
  });

  test('raises `unsigned` for another key, and for too few witnesses', async () => {
    grow(log, 3);
    const pretender = madeLog(ORIGIN);
    pretender.add(...log.entries);
    show(pretender);
    expect(kinds(await round())).toEqual(['unsigned']);
    show(log);
    const w = cosignerOf('w.example', generateKeyPairSync('ed25519').privateKey);
    const policy = await parsePolicy(`log ${log.vkey}\nwitness w ${w.vkey}\nquorum w\n`);
    expect(kinds(await round({ policy }))).toEqual(['unsigned']);
    const text = log.note().split('\n\n')[0];
    const line = w.cosign(`${text}\n`, nowMs / 1000);
    read = async path => (path === 'checkpoint' ? Buffer.from(log.note() + line) : log.file(path));
    expect(kinds(await round({ policy }))).toEqual([]);
  });

  test('raises `damaged` when a bundle that the checkpoint implies is missing or cut short', async () => {
    grow(log, 300);
    const { file } = log;
    for (const damage of [() => null, (bytes: Buffer) => bytes.subarray(0, -1)]) {
      read = async path => {
        const bytes = file(path);
        return bytes !== null && path.startsWith('tile/entries/001') ? damage(bytes) : bytes;
      };
      expect(kinds(await round())).toEqual(['damaged']);
    }
  });

  test('raises `unreachable` only after the log gave no answer for as long as told', async () => {
    grow(log, 3);
    await round();
    read = async () => {
      throw new WitnessRefusal('log-unreachable', 'gone');
    };
    nowMs += 3_600_000;
    expect(await round()).toMatchObject({ isAnswered: false, alarms: [] });
    nowMs += 1;
    expect(kinds(await round())).toEqual(['unreachable']);
    read = async path => {
      if (path !== 'checkpoint') throw new WitnessRefusal('log-unreachable', 'gone');
      return log.file(path);
    };
    grow(log, 1);
    expect(kinds(await round())).toEqual(['unreachable']);
  });

  test('raises `stale` when nothing came and nobody cosigned for as long as told', async () => {
    grow(log, 3);
    await round();
    nowMs += 3_600_001;
    expect(kinds(await round())).toEqual(['stale']);
    grow(log, 1);
    expect(kinds(await round())).toEqual([]);
    nowMs += 3_600_001;
    const w = cosignerOf('w.example', generateKeyPairSync('ed25519').privateKey);
    const policy = await parsePolicy(`log ${log.vkey}\nwitness w ${w.vkey}\nquorum none\n`);
    const line = w.cosign(`${log.note().split('\n\n')[0]}\n`, Math.floor(nowMs / 1000));
    read = async path => (path === 'checkpoint' ? Buffer.from(log.note() + line) : log.file(path));
    expect(kinds(await round({ policy }))).toEqual([]);
  });

  test('names each entry it was told to watch for, once', async () => {
    log.add({ act: 'role-given', object: 'person/1', actor: 'person/2' });
    const watches = [parseWatch('act=role-*,object=person/1'), parseWatch('act=key-revoked')];
    const seen = await round({ watches });
    expect(seen.alarms).toMatchObject([{ kind: 'watched', evidence: { index: 0, watch: watches[0]?.said } }]);
    grow(log, 5);
    log.add({ act: 'role-given', object: 'person/11' });
    expect((await round({ watches })).alarms).toEqual([]);
    expect(() => parseWatch('colour=red')).toThrow(/words-unknown/);
  });

  test('finds a history that only a witness was shown', async () => {
    grow(log, 300);
    witnessNote = log.note(277);
    expect(kinds(await round({ witnesses: asked() }))).toEqual([]);
    const fork = madeLog(ORIGIN, log.key);
    fork.add(...log.entries.slice(0, 100), { act: 'rewritten' }, ...log.entries.slice(101));
    for (const size of [277, 300]) {
      witnessNote = fork.note(size);
      const seen = await round({ witnesses: asked() });
      expect(kinds(seen)).toEqual(['fork']);
      expect(seen.alarms[0]?.evidence).toEqual({ witness: witnessNote, log: log.note() });
    }
    fork.add({ act: 'more' });
    witnessNote = fork.note();
    expect(kinds(await round({ witnesses: asked() }))).toEqual(['shrunk']);
    witnessNote = log.note(200).replace('\n200\n', '\n201\n');
    expect(kinds(await round({ witnesses: asked() }))).toEqual(['unsigned']);
  });

  test('goes on from where it stopped, and refuses a memory that contradicts itself', async () => {
    grow(log, 300);
    await round();
    const path = join(folder, 'followed', originHash(ORIGIN), 'followed.json');
    const kept = await readFile(path, 'utf8');
    let bundles = 0;
    const whole = read;
    read = path => {
      bundles += path.startsWith('tile/entries') ? 1 : 0;
      return whole(path);
    };
    grow(log, 1);
    expect((await round()).entries).toBe(1);
    expect(bundles).toBe(1);
    for (const damaged of [
      '',
      '{}',
      kept.replace(/"hash": "../, '"hash": "00'),
      kept.replace('"width": 256', '"width": 255'),
    ]) {
      await writeFile(path, damaged);
      await expect(round()).rejects.toMatchObject({ code: 'state-damaged' });
    }
  });
});

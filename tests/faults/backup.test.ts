import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiClient, until } from '../api-client.ts';
import { commandLine } from '../command-line.ts';
import { effort } from '../prove.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';
import { type Furnished, feedOne, furnish, PASS_PHRASE, startDeed, verifyLog } from './backup-scene.ts';
import { openLook } from './stored-whole.ts';

/** A backup taken under load, restored elsewhere, is the installation as it was; an older one never signs a fork. */
const EMAIL = 'administrator@thingward.invalid';
const scratch = dataFolder();
const at = (name: string): string => join(scratch.path, name);
const home = at('home');
const line = commandLine(home, { THINGWARD_LOG: 'warn' });
const running: ServerProcess[] = [];

interface Facts {
  readonly observations: number;
  readonly findingsStanding: number;
  readonly casesOpen: number;
  readonly ledgerSize: number;
  readonly ledgerRoot: string;
  readonly secrets: readonly string[];
}

let original: Furnished;
let kept: Facts;
/** What was acknowledged before the backup began, by batch id. */
const before = new Map<number, number>();

beforeAll(async () => {
  mkdirSync(home);
  original = await furnish(at('original'), {
    seed: 41,
    cards: effort(24, 120),
    filesPerSource: effort(8, 30),
  });
  running.push(original.server);
  const { client, sources, feed } = original;
  const third = Math.floor(feed.files.length / 3);
  for (const file of feed.files.slice(0, third)) {
    const answer = await feedOne(client, sources, file);
    before.set(answer.id, answer.accepted);
  }
  await until('first findings', async () => {
    const { counts } = await client.get<{ counts: { findingsStanding: number } }>('/status');
    return counts.findingsStanding > 2;
  });
  // The load: the second third goes in while the backup is taken, the last file of it afterwards.
  const load = (async () => {
    for (const file of feed.files.slice(third, 2 * third - 1)) await feedOne(client, sources, file);
  })();
  kept = await line.json<Facts>('backup', at('backup'), '--data', at('original'));
  await load;
  for (const file of feed.files.slice(2 * third - 1, 2 * third)) await feedOne(client, sources, file);
  await until('more published', async () => {
    const note = await readFile(join(at('original'), 'ledger.checkpoint'), 'utf8');
    return Number(note.split('\n')[1]) > kept.ledgerSize;
  });
}, 240_000);

afterAll(async () => {
  await Promise.all(running.map(server => server.stop()));
  scratch.remove();
});

async function start(dataDir: string): Promise<{ server: ServerProcess; client: ApiClient }> {
  const server = await startServer(dataDir);
  running.push(server);
  const client = new ApiClient(server.address);
  await client.signIn(EMAIL, PASS_PHRASE);
  return { server, client };
}

/** The command line, signed in at a server. */
const operator = ({ server, client }: { server: ServerProcess; client: ApiClient }) =>
  commandLine(home, { THINGWARD_URL: server.address, THINGWARD_TOKEN: client.token! });

async function wholeOf(dataDir: string) {
  const look = openLook(dataDir);
  try {
    await until('all done', () => look.isDrained(), 90_000);
    return await look.whole();
  } finally {
    await look.close();
  }
}

describe('a backup taken under load', () => {
  test('holds its secrets readable by their owner alone, and says which they are', () => {
    expect(kept.secrets).toEqual(expect.arrayContaining(['files/ledger.key', 'files/sign-in.secret']));
    for (const name of readdirSync(at('backup'), { recursive: true }) as string[])
      expect(statSync(join(at('backup'), name)).mode & 0o077, name).toBe(0);
  });

  test('restored elsewhere has the totals, standing findings, cases and ledger head it states, and every batch acknowledged before', async () => {
    const said = await line.json<Facts>('restore', at('backup'), '--data', at('calm'), '--nothing-newer');
    const facts = (of: Facts) => [
      of.observations,
      of.findingsStanding,
      of.casesOpen,
      of.ledgerSize,
      of.ledgerRoot,
    ];
    expect(facts(said)).toEqual(facts(kept));
    expect(kept.findingsStanding).toBeGreaterThan(2);
    expect(statSync(join(at('calm'), 'ledger.key')).mode & 0o777).toBe(0o600);
    const note = await readFile(join(at('calm'), 'ledger.checkpoint'), 'utf8');
    expect(note.split('\n').slice(1, 3)).toEqual([String(kept.ledgerSize), kept.ledgerRoot]);

    const { server } = await start(at('calm'));
    const restored = await wholeOf(at('calm'));
    const batches = new Map(restored.batches.map(batch => [batch.id, batch]));
    expect(before.size).toBeGreaterThan(3);
    for (const [id, accepted] of before)
      expect(batches.get(id)).toMatchObject({ state: 'complete', accepted });
    const log = await verifyLog(server.address);
    expect(log.size).toBeGreaterThan(kept.ledgerSize);
    expect(log.acts.slice(kept.ledgerSize)).toContain('installation-restored');
    expect(log.acts.slice(0, kept.ledgerSize)).not.toContain('installation-restored');
  });

  test('and fed all that came after it finds what the undisturbed installation finds', async () => {
    const { client, sources, feed } = original;
    const third = Math.floor(feed.files.length / 3);
    for (const file of feed.files.slice(2 * third)) await feedOne(client, sources, file);
    const restored = new ApiClient(running[1]!.address);
    await restored.signIn(EMAIL, PASS_PHRASE);
    for (const file of feed.files.slice(third)) await feedOne(restored, sources, file);
    const [wanted, found] = [await wholeOf(at('original')), await wholeOf(at('calm'))];
    expect(wanted.standing.length).toBeGreaterThan(3);
    expect(found.records).toBe(wanted.records);
    expect(found.standing).toEqual(wanted.standing);
    expect(found.counts.distinctRecords).toBe(found.counts.records);
  });
});

describe('an older backup restored beside a newer witnessed checkpoint', () => {
  let behind: { server: ServerProcess; client: ApiClient };
  let newest: string;

  beforeAll(async () => {
    newest = await readFile(join(at('original'), 'ledger.checkpoint'), 'utf8');
    writeFileSync(at('witnessed'), newest);
    const said = await line.run(
      'restore',
      at('backup'),
      '--data',
      at('older'),
      '--checkpoint',
      at('witnessed'),
    );
    expect(said.code, said.err).toBe(0);
    expect(said.out).toMatch(/had published \d+ entries more/);
    behind = await start(at('older'));
  }, 120_000);

  test('refuses to sign and says why: which entries are missing, and from when to when', async () => {
    const ready = await fetch(`${behind.server.address}/readyz`);
    expect([ready.status, ((await ready.json()) as { notReady: string[] }).notReady]).toEqual([
      503,
      ['ledger'],
    ]);
    const { ledger } = await behind.client.get<{
      ledger: { refusal: string; missing: Record<string, unknown> };
    }>('/status');
    const newestSize = Number(newest.split('\n')[1]);
    expect(ledger).toMatchObject({
      refusal: 'ledger-behind',
      treeSize: kept.ledgerSize,
      missing: { databaseSize: kept.ledgerSize, newestSize, entries: newestSize - kept.ledgerSize },
    });
    expect(Date.parse(String(ledger.missing['since']))).toBeLessThanOrEqual(
      Date.parse(String(ledger.missing['until'])),
    );
    const people = (await operator(behind).run('status')).out;
    expect(people).toContain(`${newestSize - kept.ledgerSize} (it has ${kept.ledgerSize} of ${newestSize})`);
  });

  test('goes on taking in and judging, and shows the log it can prove', async () => {
    const { sources, feed } = original;
    const third = Math.floor(feed.files.length / 3);
    for (const file of feed.files.slice(third)) await feedOne(behind.client, sources, file);
    await until(
      'judged',
      async () => {
        const { judge } = await behind.client.get<{ judge: { waitingChunks: number } }>('/status');
        return judge.waitingChunks === 0;
      },
      effort(20_000, 120_000),
    );
    const { counts } = await behind.client.get<{ counts: { findingsStanding: number } }>('/status');
    expect(counts.findingsStanding).toBeGreaterThan(kept.findingsStanding);
    expect(await verifyLog(behind.server.address)).toMatchObject({
      size: kept.ledgerSize,
      root: kept.ledgerRoot,
    });
  });

  test('goes on under a new origin once the operator says so, and names what it follows', async () => {
    const reason = 'the machine of the database burned down';
    const made = await operator(behind).json<{ origin: string; follows: string }>(
      'ledger',
      'succeed',
      '--reason',
      reason,
    );
    expect(made.origin.startsWith(`${made.follows}/after-`)).toBe(true);
    await until('ready', async () => (await fetch(`${behind.server.address}/readyz`)).ok);
    const log = await verifyLog(behind.server.address);
    expect(log.size).toBeGreaterThan(kept.ledgerSize);
    expect(log.acts.slice(0, kept.ledgerSize)).not.toContain('ledger-succeeded');
    expect(log.acts[kept.ledgerSize]).toBe('ledger-succeeded');
    expect(log.acts.slice(kept.ledgerSize)).toContain('batch-accepted');
    const twice = await operator(behind).run('ledger', 'succeed', '--reason', reason);
    expect([twice.code, twice.err]).toEqual([1, expect.stringContaining('ledger-not-behind')]);
    await behind.server.stop();
    const again = await start(at('older'));
    expect((await fetch(`${again.server.address}/readyz`)).status).toBe(200);
    expect((await verifyLog(again.server.address)).size).toBeGreaterThanOrEqual(log.size);
  });
});

describe('restoring', () => {
  const refused = async (backup: string, target: string, ...newest: string[]) => {
    const words = newest.length > 0 ? newest : ['--nothing-newer'];
    const said = await line.run('restore', backup, '--data', target, ...words);
    expect(said.code).not.toBe(0);
    return said.err;
  };

  test('without a word on what was published last is refused', async () => {
    const said = await line.run('restore', at('backup'), '--data', at('none'));
    expect([said.code, existsSync(at('none'))]).toEqual([2, false]);
    expect(said.err).toMatch(/--checkpoint FILE.*--nothing-newer/);
  });

  test.each([
    [
      'whose file lacks its end',
      (file: string) => truncateSync(file, statSync(file).size - 1),
      /bytes instead of/,
    ],
    ['whose file is gone', (file: string) => rmSync(file), /missing/],
    ['one bit of which flipped', (file: string) => flipBit(file), /SHA-256 differs/],
  ])('a backup %s is refused by the file’s name before anything is written', async (_, harm, reason) => {
    for (const file of ['tables/thingward.ledger_entry.copy.zst', 'files/ledger.key']) {
      cpSync(at('backup'), at('harmed'), { recursive: true });
      await harm(join(at('harmed'), file));
      const told = await refused(at('harmed'), at('none'));
      expect(told).toContain(file);
      expect(told).toMatch(reason);
      expect(existsSync(at('none'))).toBe(false);
      rmSync(at('harmed'), { recursive: true });
    }
  });

  test('a backup whose list was changed, or is not there, is refused', async () => {
    cpSync(at('backup'), at('harmed'), { recursive: true });
    await flipBit(join(at('harmed'), 'manifest.json'));
    expect(await refused(at('harmed'), at('none'))).toMatch(/manifest\.json.*\(backup-damaged\)/s);
    rmSync(join(at('harmed'), 'manifest.json'));
    expect(await refused(at('harmed'), at('none'))).toContain('backup-unreadable');
    rmSync(at('harmed'), { recursive: true });
  });

  test('a checkpoint that this ledger never signed is refused', async () => {
    writeFileSync(at('strange'), 'log.example\n5\nAAAA\n\n— log.example AAAA\n');
    expect(await refused(at('backup'), at('none'), '--checkpoint', at('strange'))).toContain(
      'restore-checkpoint-unusable',
    );
    expect(existsSync(at('none'))).toBe(false);
  });

  test('into a folder that holds anything is refused, and a backup is written over nothing', async () => {
    expect(await refused(at('backup'), at('original'))).toContain('restore-folder-taken');
    const said = await line.run('backup', at('backup'), '--data', at('original'));
    expect([said.code, said.err]).toEqual([1, expect.stringContaining('backup-target-taken')]);
  });

  test('a backup without keys holds no secret, and says so', async () => {
    const said = await line.json<Facts & { hasKeys: boolean }>(
      'backup',
      at('bare'),
      '--data',
      at('original'),
      '--without-keys',
    );
    expect([said.secrets, said.hasKeys]).toEqual([[], false]);
    expect(readdirSync(join(at('bare'), 'files')).filter(name => /key|secret/.test(name))).toEqual([]);
  });
});

describe('kill -9', () => {
  test('in the middle of a backup leaves nothing under its name, and the server goes on', async () => {
    for (const ms of [250, 450, 700]) {
      const target = at(`cut-${ms}`);
      const deed = startDeed('backup.ts', [target, '--data', at('original')]);
      const gone = once(deed, 'exit');
      await sleep(ms);
      deed.kill('SIGKILL');
      await gone;
      if (existsSync(target)) continue;
      const left = readdirSync(dirname(target)).filter(name => name.startsWith(`cut-${ms}`));
      for (const name of left) expect(name).toMatch(/\.unfinished-\d+$/);
      for (const name of left)
        expect((await line.run('restore', at(name), '--data', at('none'), '--nothing-newer')).err).toContain(
          'backup-unreadable',
        );
    }
    expect(await original.client.get('/me')).toBeTruthy();
  });

  test('in the middle of a restore leaves a folder on which neither a server nor a restore starts', async () => {
    const target = at('half');
    const deed = startDeed('restore.ts', [at('backup'), '--data', target, '--nothing-newer']);
    const gone = once(deed, 'exit');
    await until('begun', async () => existsSync(join(target, 'restore.unfinished')), 30_000);
    deed.kill('SIGKILL');
    await gone;
    await expect(startServer(target)).rejects.toThrow(/restore-unfinished/);
    const said = await line.run('restore', at('backup'), '--data', target, '--nothing-newer');
    expect(said.err).toContain('restore-unfinished');
  });
});

async function flipBit(file: string): Promise<void> {
  const bytes = await readFile(file);
  const middle = bytes.length >> 1;
  bytes[middle] = bytes[middle]! ^ 1;
  writeFileSync(file, bytes);
}

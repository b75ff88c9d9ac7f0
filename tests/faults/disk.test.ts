import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../api-client.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';
import { type Furnished, feedOne, furnish, verifyLog } from './backup-scene.ts';
import { type BlockImage, makeImage, mountImage, whyNoDisk } from './block-image.ts';
import { openLook } from './stored-whole.ts';

/** A disk that fills up, goes read-only or comes read-only: a clear state, nothing acknowledged lost, recovery by itself. */
const hindrance = whyNoDisk();
const scratch = dataFolder();
const at = (name: string): string => join(scratch.path, name);
let disk: BlockImage | undefined;
let server: ServerProcess | undefined;
let n = 0;

beforeEach(() => {
  n += 1;
});
afterEach(async () => {
  await server?.kill();
  server = undefined;
  await unmounted();
});
afterAll(() => scratch.remove());

/** The database ends a moment after its server. */
async function unmounted(): Promise<void> {
  const mounted = disk;
  disk = undefined;
  if (mounted !== undefined) await until('unmounted', async () => whether(() => mounted.unmount()), 30_000);
}

function whether(deed: () => void): boolean {
  try {
    deed();
    return true;
  } catch {
    return false;
  }
}

async function onDisk(sizeBytes: number, ...options: readonly string[]): Promise<Furnished> {
  makeImage(at(`${n}.image`), sizeBytes);
  disk = mountImage(at(`${n}.image`), at(`${n}`), ...options);
  const made = await furnish(join(disk.folder, 'data'), { seed: 90 + n, cards: 24, filesPerSource: 12 });
  server = made.server;
  return made;
}

/** Feeds files until one is refused; answers what was acknowledged before, and the refusal. */
async function feedUntilRefused(
  { client, sources, feed }: Furnished,
  acknowledged: Map<number, number>,
): Promise<unknown> {
  for (let round = 0; round < 50; round += 1) {
    for (const file of feed.files) {
      try {
        // Each round's records are new ones: their ids differ.
        const text = file.text.replace(/^(?=[^,\n]*\d)/gm, `r${round}-`);
        const answer = await feedOne(client, sources, { ...file, name: `${round}-${file.name}`, text });
        acknowledged.set(answer.id, answer.accepted);
      } catch (refusal) {
        return refusal;
      }
    }
  }
  throw new Error('the disk never refused anything');
}

async function expectStored(dataDir: string, acknowledged: ReadonlyMap<number, number>): Promise<void> {
  const look = openLook(dataDir);
  try {
    const { batches } = await look.whole();
    const stored = new Map(batches.map(batch => [batch.id, batch]));
    expect(acknowledged.size).toBeGreaterThan(0);
    for (const [id, accepted] of acknowledged)
      expect(stored.get(id)).toMatchObject({ state: 'complete', accepted });
  } finally {
    await look.close();
  }
}

describe.skipIf(hindrance !== null)(`the data folder’s disk (${hindrance ?? 'a loop device'})`, () => {
  test('that is full refuses what comes, loses nothing acknowledged, and serves again by itself once there is room', async () => {
    const made = await onDisk(700 << 20);
    const folder = at(`${n}`);
    const acknowledged = new Map<number, number>();
    for (const file of made.feed.files.slice(0, 4)) {
      const answer = await feedOne(made.client, made.sources, file);
      acknowledged.set(answer.id, answer.accepted);
    }
    const filler = join(folder, 'filler');
    const { bavail, bsize } = statfsSync(folder);
    spawnSync('fallocate', ['-l', String(bavail * bsize - (2 << 20)), filler]);
    const refusal = await feedUntilRefused(made, acknowledged);
    expect((refusal as { status?: number }).status ?? 503).toBeGreaterThanOrEqual(500);
    rmSync(filler);
    await until('ready again', async () => (await fetch(`${made.server.address}/readyz`)).ok, 120_000);
    for (const file of made.feed.files.slice(4)) {
      const answer = await feedOne(made.client, made.sources, file);
      acknowledged.set(answer.id, answer.accepted);
    }
    await expectStored(join(folder, 'data'), acknowledged);
    await until('published', async () => (await verifyLog(made.server.address)).size > 10);
  }, 240_000);

  test('that turns read-only under the server refuses what comes, and after repair all acknowledged is there', async () => {
    const made = await onDisk(700 << 20, 'errors=remount-ro');
    const folder = at(`${n}`);
    const acknowledged = new Map<number, number>();
    for (const file of made.feed.files.slice(0, 4)) {
      const answer = await feedOne(made.client, made.sources, file);
      acknowledged.set(answer.id, answer.accepted);
    }
    writeFileSync(`/sys/fs/ext4/${disk!.device}/trigger_fs_error`, 'the disk failed\n');
    await feedUntilRefused(made, acknowledged);
    await until(
      'not ready',
      async () => (await fetch(`${made.server.address}/readyz`)).status === 503,
      60_000,
    );
    await made.server.kill();
    server = undefined;
    await unmounted();
    spawnSync('e2fsck', ['-f', '-y', at(`${n}.image`)]);
    disk = mountImage(at(`${n}.image`), folder);
    server = await startServer(join(folder, 'data'));
    await expectStored(join(folder, 'data'), acknowledged);
    expect((await verifyLog(server.address)).size).toBeGreaterThan(0);
  }, 240_000);

  test('that is read-only from the beginning is refused by name', async () => {
    makeImage(at(`${n}.image`), 64 << 20);
    disk = mountImage(at(`${n}.image`), at(`${n}`), 'ro');
    await expect(startServer(join(at(`${n}`), 'data'))).rejects.toThrow(
      /read-only[\s\S]*\(folder-unusable\)/,
    );
  });
});

test('a second server on the same data folder is refused by name, and the first goes on', async () => {
  mkdirSync(at('twice'), { mode: 0o755 });
  const made = await furnish(at('twice'), { seed: 5, cards: 12, filesPerSource: 2 });
  server = made.server;
  await expect(startServer(at('twice'))).rejects.toThrow(/\(data-folder-busy\)/);
  const answer = await feedOne(made.client, made.sources, made.feed.files[0]!);
  expect(answer.accepted).toBeGreaterThan(0);
});

test('a batch whose sender goes away in the middle is marked broken, and sending it again makes it whole', async () => {
  mkdirSync(at('gone'), { mode: 0o755 });
  const made = await furnish(at('gone'), { seed: 6, cards: 24, filesPerSource: 2 });
  server = made.server;
  const file = made.feed.files[0]!;
  const url = new URL(`${server.address}/api/v1/sources/${made.sources[file.sourceNo]}/batches?name=cut`);
  const sending = request(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${made.client.token}`, 'content-type': 'application/octet-stream' },
  });
  sending.on('error', () => {});
  sending.write(file.text.slice(0, file.text.length >> 1));
  await sleep(500);
  sending.destroy();
  const look = openLook(at('gone'));
  try {
    await until('the batch is told broken or was never begun', async () => {
      const { batches } = await look.whole();
      return batches.every(batch => batch.state !== 'receiving');
    });
    const answer = await feedOne(made.client, made.sources, file);
    expect(answer.received).toBeGreaterThan(0);
    const { batches, counts } = await look.whole();
    expect(counts.distinctRecords).toBe(counts.records);
    for (const batch of batches)
      expect(batch.received).toBe(batch.accepted + batch.duplicate + batch.quarantined);
    expect(batches.filter(batch => batch.state === 'complete').map(batch => batch.id)).toEqual([answer.id]);
  } finally {
    await look.close();
  }
});

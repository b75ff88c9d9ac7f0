import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCheckpoint } from '../../packages/verifier/src/index.ts';
import { effort } from '../prove.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';
import { type Furnished, feedOne, furnish, verifyLog } from './backup-scene.ts';
import { type BlockImage, copyOfDisk, makeImage, mountImage, whyNoDisk } from './block-image.ts';
import { databaseProcesses } from './kills.ts';
import { openLook } from './stored-whole.ts';

/**
 * A power cut, as the disk sees it: the data folder lies on a block device of its own, and in the middle of a feed the
 * device's bytes are taken as they are at one moment. Whatever the kernel had not yet written to the device is not in
 * them, just as after a cut. Every process stands still for the copy, and a copy during which the device was written to
 * is thrown away. What a disk loses of its own cache, having said that it was written, is not simulated.
 */
const CUTS = effort(2, 6);
const TRIES = 40;
const hindrance = whyNoDisk();
const scratch = dataFolder();
const at = (name: string): string => join(scratch.path, name);

interface Cut {
  readonly image: string;
  readonly acknowledged: ReadonlyMap<number, number>;
  readonly checkpoint: string;
  readonly filesLeft: number;
  readonly tries: number;
  /** A file written and never flushed before the cut. */
  readonly unflushed: string;
}

let disk: BlockImage | undefined;
let original: Furnished | undefined;
const cuts: Cut[] = [];

describe.skipIf(hindrance !== null)(`a power cut (${hindrance ?? `${CUTS} copies of the disk`})`, () => {
  beforeAll(async () => {
    makeImage(at('disk.image'), 1 << 30);
    disk = mountImage(at('disk.image'), at('disk'));
    original = await furnish(join(disk.folder, 'data'), {
      seed: 77,
      cards: 12 * CUTS,
      filesPerSource: 8 * CUTS,
    });
    const { client, sources, feed } = original;
    const acknowledged = new Map<number, number>();
    let done = 0;
    const load = (async () => {
      for (const file of feed.files) {
        const answer = await feedOne(client, sources, file);
        acknowledged.set(answer.id, answer.accepted);
        done += 1;
      }
    })();
    for (let n = 0; n < CUTS; n += 1) {
      while (done < ((n + 0.5) * feed.files.length) / (CUTS + 1)) await sleep(5);
      cuts.push(await cutPower(disk, original.server, n, acknowledged, () => feed.files.length - done));
    }
    await load;
  }, 600_000);

  afterAll(async () => {
    await original?.server.stop();
    disk?.unmount();
    scratch.remove();
  });

  test('strikes while records are under way, and takes what was not yet on the disk', () => {
    console.log(
      cuts
        .map(
          cut =>
            `cut: ${cut.acknowledged.size} batches acknowledged, ${cut.filesLeft} files left, copied at try ${cut.tries}`,
        )
        .join('\n'),
    );
    expect(cuts).toHaveLength(CUTS);
    for (const cut of cuts) {
      expect(cut.filesLeft).toBeGreaterThan(0);
      expect(cut.acknowledged.size).toBeGreaterThan(0);
    }
  });

  test('leaves a disk that opens, whose ledger verifies, with every batch acknowledged before', async () => {
    for (const [n, cut] of cuts.entries()) {
      const copy = mountImage(cut.image, at(`after-${n}`));
      let server: ServerProcess | undefined;
      try {
        expect(readFileSync(join(copy.folder, 'flushed'), 'utf8')).toBe(`cut ${n}`);
        const unflushed = join(copy.folder, cut.unflushed);
        expect(existsSync(unflushed) ? readFileSync(unflushed, 'utf8') : '').toBe('');
        const dataDir = join(copy.folder, 'data');
        server = await startServer(dataDir);
        const look = openLook(dataDir);
        try {
          const { batches } = await look.whole();
          const stored = new Map(batches.map(batch => [batch.id, batch]));
          for (const [id, accepted] of cut.acknowledged)
            expect(stored.get(id), `batch ${id} of cut ${n}`).toMatchObject({ state: 'complete', accepted });
          for (const batch of batches) {
            expect(['complete', 'broken']).toContain(batch.state);
            expect(batch.received).toBe(batch.accepted + batch.duplicate + batch.quarantined);
          }
        } finally {
          await look.close();
        }
        const log = await verifyLog(server.address);
        expect(log.size).toBeGreaterThanOrEqual(parseCheckpoint(cut.checkpoint).size);
        expect((await fetch(`${server.address}/readyz`)).status).toBe(200);
      } finally {
        await server?.stop();
        copy.unmount();
      }
    }
  }, 600_000);
});

/** Stops every process, takes the device's bytes, and lets them go on; again while the kernel was writing to the device. */
async function cutPower(
  disk: BlockImage,
  server: ServerProcess,
  n: number,
  acknowledged: ReadonlyMap<number, number>,
  filesLeft: () => number,
): Promise<Cut> {
  const dataDir = join(disk.folder, 'data');
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const pids = [server.child.pid!, ...databaseProcesses(dataDir)];
    const checkpoint = await (await fetch(`${server.address}/ledger/checkpoint`)).text();
    flushed(join(disk.folder, 'flushed'), `cut ${n}`);
    for (const pid of pids) signal(pid, 'SIGSTOP');
    try {
      const known = new Map(acknowledged);
      const left = filesLeft();
      const unflushed = `unflushed-${n}-${tries}`;
      writeFileSync(join(disk.folder, unflushed), 'not on the disk yet');
      const image = copyOfDisk(disk, at(`cut-${n}.image`));
      if (image !== null)
        return { image, acknowledged: known, checkpoint, filesLeft: left, tries, unflushed };
    } finally {
      for (const pid of pids) signal(pid, 'SIGCONT');
    }
    await sleep(50);
  }
  throw new Error(`the disk was never still for a copy in ${TRIES} tries`);
}

function flushed(path: string, text: string): void {
  const file = openSync(path, 'w');
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // A process that serves a connection may have gone by itself.
  }
}

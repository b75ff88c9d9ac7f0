import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFleet, usageTable } from '@thingward/simulator';
import { afterAll, describe, expect, test } from 'vitest';
import { ApiClient, until } from '../api-client.ts';
import { commandLine } from '../command-line.ts';
import { PASS_PHRASE, verifyLog } from '../faults/backup-scene.ts';
import { openLook } from '../faults/stored-whole.ts';
import { dataFolder, startServer } from '../server-process.ts';

/** Every release kept in `tests/vectors/releases` comes up under the present program: nothing lost, nothing forked. */
const shelf = join(import.meta.dirname, '../vectors/releases');
const releases = existsSync(shelf) ? readdirSync(shelf).filter(name => !name.endsWith('.md')) : [];
const folders: ReturnType<typeof dataFolder>[] = [];
afterAll(() => {
  for (const folder of folders) folder.remove();
});

interface Kept {
  readonly facts: Readonly<Record<string, number | string>>;
  readonly migrations: readonly unknown[];
}

test('at least one release is kept', () => {
  expect(releases.length).toBeGreaterThan(0);
});

describe.each(releases)('an installation of release %s', release => {
  test('is restored and migrated, keeps totals, findings and ledger, and goes on', async () => {
    const folder = dataFolder();
    folders.push(folder);
    const backup = join(shelf, release);
    const kept = JSON.parse(readFileSync(join(backup, 'manifest.json'), 'utf8')) as Kept;
    const dataDir = join(folder.path, 'data');
    const said = await commandLine(folder.path).run('restore', backup, '--data', dataDir, '--nothing-newer');
    expect(said.code, said.err).toBe(0);

    const server = await startServer(dataDir);
    try {
      const client = new ApiClient(server.address);
      await client.signIn('administrator@thingward.invalid', PASS_PHRASE);
      const look = openLook(dataDir);
      try {
        await until('all done', () => look.isDrained(), 60_000);
        const { counts } = await client.get<{ counts: Record<string, number> }>('/status');
        for (const name of ['subjects', 'sources', 'observations', 'findingsStanding', 'casesOpen'])
          expect([name, counts[name]]).toEqual([name, kept.facts[name]]);
        const log = await verifyLog(server.address);
        expect(log.size).toBeGreaterThan(Number(kept.facts['ledgerSize']));
        expect(log.acts[Number(kept.facts['ledgerSize'])]).toBe('installation-restored');

        const { items } = await client.get<{ items: { id: number; name: string }[] }>('/sources');
        const fleet = makeFleet({ seed: 3, cards: 12, days: 9, endMs: Date.UTC(2026, 9, 21) });
        const source = items.find(each => each.name === 'first')!.id;
        const answer = await client.feed<{ accepted: number }>(source, 'later.csv', usageTable(fleet.usage));
        expect(answer.accepted).toBeGreaterThan(0);
        await until('all done', () => look.isDrained(), 60_000);
        const whole = await look.whole();
        expect(whole.counts.distinctRecords).toBe(whole.counts.records);
        expect((await verifyLog(server.address)).size).toBeGreaterThan(log.size);
      } finally {
        await look.close();
      }
    } finally {
      await server.stop();
    }
  });
});

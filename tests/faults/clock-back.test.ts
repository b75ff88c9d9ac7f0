import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ApiClient, until } from '../api-client.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';
import { feedOne, furnish, PASS_PHRASE, verifyLog } from './backup-scene.ts';
import { openLook } from './stored-whole.ts';

const YEAR_MS = 365 * 86_400_000;
const folder = dataFolder();
let server: ServerProcess | undefined;
afterAll(async () => {
  await server?.stop();
  folder.remove();
});

interface Told {
  readonly clockBehindMs: number;
  readonly ledger: { readonly refusal: string | null };
}

test('a clock set back a year shows, loses and doubles nothing, and the right clock goes on from there', async () => {
  const made = await furnish(folder.path, { seed: 8, cards: 12, filesPerSource: 3 });
  server = made.server;
  const acknowledged = new Map<number, number>();
  const feed = async (client: ApiClient, from: number, to: number) => {
    for (const file of made.feed.files.slice(from, to)) {
      const answer = await feedOne(client, made.sources, file);
      acknowledged.set(answer.id, answer.accepted);
    }
  };
  await feed(made.client, 0, 2);
  // Killed, so that leases and open work of a later time are met by the earlier clock.
  await server.kill();

  const preload = join(import.meta.dirname, 'shifted-clock.mjs');
  const env = { NODE_OPTIONS: `--import=${preload}`, SHIFT_MS: String(-YEAR_MS) };
  server = await startServer(folder.path, { env });
  const back = new ApiClient(server.address);
  await back.signIn('administrator@thingward.invalid', PASS_PHRASE);
  const told = await back.get<Told>('/status');
  expect(told.clockBehindMs).toBeGreaterThan(YEAR_MS - 3_600_000);
  expect(told.ledger.refusal).toBeNull();
  await feed(back, 2, 4);
  const look = openLook(folder.path);
  try {
    await until('judged', () => look.isDrained(), 60_000);
    const { address } = server;
    // What is staged is numbered and published a moment later; once it is there, there is no more of it.
    const log = await until('all batches are published', async () => {
      const seen = await verifyLog(address);
      return seen.acts.filter(act => act === 'batch-accepted').length >= 4 ? seen : null;
    });
    expect(log.acts.filter(act => act === 'batch-accepted')).toHaveLength(4);
  } finally {
    await look.close();
  }
  await server.kill();

  server = await startServer(folder.path);
  const right = new ApiClient(server.address);
  await right.signIn('administrator@thingward.invalid', PASS_PHRASE);
  expect((await right.get<Told>('/status')).clockBehindMs).toBe(0);
  await feed(right, 4, made.feed.files.length);
  const after = openLook(folder.path);
  try {
    await until('judged', () => after.isDrained(), 60_000);
    const { batches, counts } = await after.whole();
    const stored = new Map(batches.map(batch => [batch.id, batch]));
    for (const [id, accepted] of acknowledged)
      expect(stored.get(id)).toMatchObject({ state: 'complete', accepted });
    expect(counts.records).toBe(made.feed.records);
    expect(counts.distinctRecords).toBe(counts.records);
    expect((await verifyLog(server.address)).size).toBe(counts.entries);
  } finally {
    await after.close();
  }
});

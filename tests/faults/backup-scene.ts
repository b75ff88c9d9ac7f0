import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { makeFleet, tablesOf, USAGE_MAPPING } from '@thingward/simulator';
import { policyOf, verifyTiles } from '../../packages/verifier/src/index.ts';
import { ApiClient } from '../api-client.ts';
import { seeded } from '../judging/seeded.ts';
import { type ServerProcess, startServer } from '../server-process.ts';
import { type FeedFile, type FeedPlan, planFeed } from './restless-feed.ts';

const END_MS = Date.UTC(2026, 9, 20);
const root = join(import.meta.dirname, '../..');

/** An installation with a fleet registered and a feed planned for its two sources. */
export interface Furnished {
  readonly server: ServerProcess;
  readonly client: ApiClient;
  readonly sources: readonly number[];
  readonly feed: FeedPlan;
}

export const PASS_PHRASE = 'a long enough pass phrase 4';

/** Starts a server on an empty folder, registers a fleet of that many cards and plans its files. */
export async function furnish(
  dataDir: string,
  plan: { readonly seed: number; readonly cards: number; readonly filesPerSource: number },
): Promise<Furnished> {
  const fleet = makeFleet({ seed: plan.seed % 1000, cards: plan.cards, days: 8, endMs: END_MS });
  const server = await startServer(dataDir);
  const client = new ApiClient(server.address);
  await client.signIn(server.first!.email, server.first!.password, PASS_PHRASE);
  const tables = tablesOf(fleet);
  await client.importTable('contracts', tables.contracts);
  await client.importTable('cards', tables.cards);
  await client.importTable('bindings', tables.bindings);
  await client.importTable('swap-windows', tables.swapWindows);
  const sources: number[] = [];
  for (const name of ['first', 'second']) {
    const made = await client.post<{ id: number }>('/sources', {
      name,
      format: 'generic-csv',
      profile: { mapping: USAGE_MAPPING },
    });
    sources.push(made.id);
  }
  return { server, client, sources, feed: planFeed(fleet, plan.filesPerSource, seeded(plan.seed)) };
}

/** Feeds one file; the answer is its acknowledgement. */
export function feedOne(
  client: ApiClient,
  sources: readonly number[],
  file: FeedFile,
): Promise<{ id: number; accepted: number; received: number }> {
  return client.feed(sources[file.sourceNo]!, file.name, file.text);
}

/** Reads the whole published log of a server as a stranger would; throws when anything does not lead to its checkpoint. */
export async function verifyLog(address: string): Promise<{ size: number; root: string; acts: string[] }> {
  const key = (await (await fetch(`${address}/api/v1/ledger/key`)).json()) as { verifierKey: string };
  const acts: string[] = [];
  const report = await verifyTiles(
    async path => {
      const answer = await fetch(`${address}/ledger/${path}`);
      return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
    },
    await policyOf(key.verifierKey),
    async entry => void acts.push(JSON.parse(Buffer.from(entry).toString('utf8')).act),
  );
  const { size, root: hash } = report.checkpoint;
  return { size, root: Buffer.from(hash).toString('base64'), acts };
}

/** A deed of the server's own (`backup.ts`, `restore.ts`) as a process that a test may kill. */
export function startDeed(
  entry: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): ChildProcess {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    THINGWARD_LOG: 'warn',
    ...more,
  };
  return spawn(process.execPath, [join(root, 'server/src', entry), ...args], {
    cwd: root,
    env,
    stdio: 'ignore',
  });
}

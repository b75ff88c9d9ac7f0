import { setTimeout as sleep } from 'node:timers/promises';
import { makeFleet, tablesOf, USAGE_MAPPING } from '@thingward/simulator';
import { ApiClient, until } from '../api-client.ts';
import { seeded } from '../judging/seeded.ts';
import type { ProviderProcess } from '../measures/provider-process.ts';
import { type ServerProcess, startServer } from '../server-process.ts';
import { type Kill, kill, planKills } from './kills.ts';
import { type BatchAnswer, type FeedFile, planFeed, type Sending, sendAll } from './restless-feed.ts';
import { type Look, openLook, type StoredWhole } from './stored-whole.ts';

/** Rules whose cases the corridor is told to order a suspension for by itself. */
export const ORDERED_RULES: readonly string[] = ['card-in-another-device', 'region-breach', 'data-cap'];

const DAYS = 8;
const END_MS = Date.UTC(2026, 9, 20);
const LONGEST_WAIT_MS = 300;

export interface Happened {
  readonly what: Kill;
  readonly processes: number;
  /** Files not acknowledged yet, requests under way among them. */
  readonly filesLeft: number;
  /** Orders and letters under way when it struck. */
  readonly measuresMoving: number;
  /** Until the database answered again by a server that is ready. */
  readonly backAfterMs: number;
  /** Batches acknowledged before it that were looked for after it, and those not found as they were answered. */
  readonly acknowledged: number;
  readonly lost: number;
}

/** What one life of a data folder is put through. A stretch is what is fed from one kill to the next. */
export interface Plan {
  readonly seed: number;
  readonly stretches: number;
  readonly cardsPerStretch: number;
  readonly filesPerStretch: number;
  readonly kills: number;
  /** Told after each kill. */
  readonly onKill?: (kill: Happened, number: number) => void;
}

export interface Run {
  readonly server: ServerProcess;
  readonly client: ApiClient;
  readonly planned: { readonly records: number; readonly unreadable: number; readonly files: number };
  readonly acknowledged: ReadonlyMap<string, BatchAnswer>;
  readonly unanswered: ReadonlyMap<string, number>;
  readonly kills: readonly Happened[];
  /** Every checkpoint that was shown, in order. */
  readonly checkpoints: readonly string[];
  readonly stored: StoredWhole;
  readonly tookMs: number;
}

/**
 * A fleet's registers and feed through the real server of a data folder, with so many kills at random moments of
 * the feed (none for the undisturbed run), then until nothing is left to do. The same seed and `stretches` feed the
 * same records.
 */
export async function runThrough(
  dataDir: string,
  plan: Plan,
  provider: ProviderProcess | null,
): Promise<Run> {
  const beganMs = performance.now();
  const luck = seeded(plan.seed);
  const fleet = makeFleet({
    seed: plan.seed % 1000,
    cards: plan.cardsPerStretch * plan.stretches,
    days: DAYS,
    endMs: END_MS,
  });
  const feed = planFeed(fleet, plan.filesPerStretch * plan.stretches, luck);
  const planned = planKills(plan.kills, luck);
  const sending: Sending = { acknowledged: new Map(), unanswered: new Map() };
  const checkpoints: string[] = [];
  const kills: Happened[] = [];

  let server = await startServer(dataDir);
  let client = new ApiClient(server.address);
  const look = openLook(dataDir);
  try {
    await client.signIn(server.first!.email, server.first!.password, 'a long enough pass phrase 4');
    const tables = tablesOf(fleet);
    const registers = {
      contracts: tables.contracts,
      cards: tables.cards,
      bindings: tables.bindings,
      'swap-windows': tables.swapWindows,
    };
    for (const [name, text] of Object.entries(registers)) await client.importTable(name, text);
    // What was registered is judged before the feed begins: a subject without records costs nothing then.
    await until('the registers judged', () => look.isDrained(), 120_000 + plan.stretches * 5_000);
    const sources = [await addSource(client, 'first'), await addSource(client, 'second')];
    if (provider !== null) await setPolicies(client, provider);

    const ofSource = (no: number): FeedFile[] => feed.files.filter(file => file.sourceNo === no);
    const isRestless = plan.kills > 0;
    const pause = seeded(plan.seed + 1);
    /** Files of the stretches begun: none is sent before its stretch, so that every kill meets some under way. */
    let begun = isRestless ? 0 : feed.files.length;
    let asked = 0;
    const turn = async () => {
      if (isRestless) await sleep(pause.below(250));
      asked += 1;
      for (const own = asked; own > begun; ) await sleep(10);
    };
    const senders = Promise.all(
      sources.map((id, no) => sendAll(ofSource(no), sending, () => client, id, turn)),
    );
    const keepCheckpoint = async () => {
      const note = await client.get<string>('/ledger/checkpoint').catch(() => null);
      if (note !== null && note !== checkpoints.at(-1)) checkpoints.push(note);
    };
    for (const [n, what] of planned.entries()) {
      if (n > 0) await moving(look);
      if (n % 2 === 0) await provider?.behave({ dropAnswers: 1 + luck.below(2) });
      begun = Math.floor((feed.files.length * (n + 1)) / (plan.kills + 1));
      await until(`${begun - 4} files`, async () => sending.acknowledged.size >= begun - 4, 120_000);
      await keepCheckpoint();
      await sleep(luck.below(LONGEST_WAIT_MS));
      const measuresMoving = await look.measuresMoving();
      const before = [...sending.acknowledged.values()];
      const filesLeft = feed.files.length - before.length;
      const fromMs = performance.now();
      const processes = kill(what, server, dataDir);
      if (what === 'server' || what === 'everything') {
        await server.kill();
        server = await startServer(dataDir);
        const again = new ApiClient(server.address);
        again.token = client.token;
        client = again;
      }
      await until('ready again', () => client.get('/me').then(Boolean, () => false), 60_000);
      const backAfterMs = performance.now() - fromMs;
      const lost = await look.missing(before);
      kills.push({
        what,
        processes,
        filesLeft,
        measuresMoving,
        backAfterMs,
        acknowledged: before.length,
        lost,
      });
      plan.onKill?.(kills.at(-1) as Happened, kills.length);
      await keepCheckpoint();
    }
    begun = feed.files.length;
    await senders;
    await provider?.behave({ dropAnswers: 0 });
    await until('all done', () => look.isDrained(), 120_000 + plan.stretches * 10_000);
    await keepCheckpoint();
    return {
      server,
      client,
      planned: { records: feed.records, unreadable: feed.unreadable, files: feed.files.length },
      ...sending,
      kills,
      checkpoints,
      stored: await sequenced(look),
      tookMs: performance.now() - beganMs,
    };
  } catch (error) {
    await server.kill();
    throw error;
  } finally {
    await look.close();
  }
}

/** What is stored at a moment when nothing waits for the ledger: rounds of the house go on staging after all else is done. */
async function sequenced(look: Look): Promise<StoredWhole> {
  for (let tries = 0; ; tries += 1) {
    const stored = await look.whole();
    if (stored.counts.staged === 0 || tries === 50) return stored;
    await sleep(100);
  }
}

/** Waits a while for an order to be under way, so that most kills meet one. */
async function moving(look: Look): Promise<void> {
  for (let waits = 0; waits < 80 && (await look.measuresMoving()) === 0; waits += 1) await sleep(25);
}

async function addSource(client: ApiClient, name: string): Promise<number> {
  const profile = { mapping: USAGE_MAPPING };
  return (await client.post<{ id: number }>('/sources', { name, format: 'generic-csv', profile })).id;
}

async function setPolicies(client: ApiClient, provider: ProviderProcess): Promise<void> {
  const settings = { url: provider.url };
  await client.post('/providers', { name: 'carrier', adapter: 'simulated-provider', settings });
  for (const ruleId of ORDERED_RULES)
    await client.put('/measure-policies', { ruleId, measure: 'suspend-card', mode: 'order' });
}

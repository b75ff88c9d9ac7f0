import { isRefusal } from '../../../../kernel/refusal.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, rfc3339, SECOND_MS } from '../../../../kernel/time.ts';
import { stage } from '../../../../spine/ledger/stage.ts';
import { providerById } from '../../../../spine/measures/providers/store.ts';
import type { ModuleDoors, ModuleRound } from '../../../../spine/module-route.ts';
import { CAMARA_MANNERS } from '../../adapters/carriers/camara/camara.ts';
import { type CamaraClient, camaraClient } from '../../adapters/carriers/camara/client.ts';
import { typeOf } from '../subscriptions/events.ts';
import { sinkOf, tokenOf } from './sink.ts';
import * as store from './store.ts';

/** Longer than the questions of one turn are waited for: who died with one is followed by another after it. */
const HOLD_MS = MINUTE_MS;
const AT_ONCE = 8;
/** How soon one that begins later is looked at again, and how seldom one that is told. */
const LATER_MS = 10 * SECOND_MS;
const LOOK_MS = 6 * HOUR_MS;
const WAITS_MS: readonly number[] = [5 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS];
/** After the end of its time nobody is asked to end it. */
const LATEST_MS = 7 * DAY_MS;

export type WatchRoundDoors = Pick<ModuleDoors, 'database' | 'clock' | 'log' | 'desk'>;

/** What an operator answered: what it has of the watch now, or why there is none. */
type Found =
  | { readonly theirId: string | null; readonly isActive: boolean; readonly nextInMs: number | null }
  | { readonly over: string };

/**
 * Asks operators for what is to be told, looks whether they still have it, and ends it there when it ended here; how many
 * were asked. The contract has no key for a repeated request: what became of one whose answer was lost is looked up in
 * their list by the sink, which no other request has. Safe to repeat, and in two processes at once.
 */
export async function runWatchTurn(doors: WatchRoundDoors): Promise<number> {
  const { database, clock } = doors;
  if (doors.desk.outside === undefined) return 0;
  const nowMs = clock.now();
  const due = await database.corridor(tx => store.takeDue(tx, nowMs, nowMs + HOLD_MS, AT_ONCE));
  for (const each of due) await turn(doors, each);
  return due.length;
}

export const watchRound: ModuleRound = {
  name: 'camara-watches',
  restMs: 1_000,
  step: async doors => (await runWatchTurn(doors)) > 0,
};

async function turn(doors: WatchRoundDoors, watch: store.Watch): Promise<void> {
  const { log } = doors;
  try {
    const client = await clientFor(doors, watch);
    if (client === null) return await write(doors, watch, { over: 'PROVIDER_GONE' });
    await write(doors, watch, await ask(doors, client, watch));
  } catch (cause) {
    const answer = isRefusal(cause) ? cause.code : 'failed';
    log.warn({ watch: watch.watchId, attempts: watch.attempts, answer }, 'operator not asked');
    await putOff(doors, watch, answer);
  }
}

async function clientFor(doors: WatchRoundDoors, watch: store.Watch): Promise<CamaraClient | null> {
  const { database, desk } = doors;
  const { partyId, providerId } = watch;
  const provider = await database.corridor(tx => providerById(tx, providerId));
  const manner = provider === undefined ? undefined : CAMARA_MANNERS[provider.adapter];
  if (provider === undefined || manner === undefined) return null;
  return camaraClient(provider.settings, { ...doors, outside: desk.outside, partyId, providerId }, manner);
}

async function ask(doors: WatchRoundDoors, client: CamaraClient, watch: store.Watch): Promise<Found> {
  const outside = doors.desk.outside!;
  const sink = sinkOf(outside, watch.watchId);
  if (sink === null) return { over: 'NOWHERE' };
  const theirId = watch.theirId ?? (watch.attempts > 1 ? await lookUp(client, sink) : null);
  if (watch.endedAtMs !== null) {
    const done = theirId === null ? { isDone: true } : await client.unsubscribe(theirId);
    if ('refused' in done) return { over: done.refused };
    return { theirId, isActive: false, nextInMs: null };
  }
  if (theirId !== null) return await look(client, theirId);
  const made = await client.subscribe({
    type: typeOf(watch.what),
    device: watch.device,
    sink,
    token: tokenOf(outside, watch.watchId),
    until: rfc3339(watch.untilMs),
    maxEvents: watch.maxEvents,
  });
  if ('refused' in made) return { over: made.refused };
  return { theirId: made.id, isActive: made.isActive, nextInMs: made.isActive ? LOOK_MS : LATER_MS };
}

/** What they call the one that posts to a sink, where they have it and it lives. */
async function lookUp(client: CamaraClient, sink: string): Promise<string | null> {
  const all = await client.subscriptions();
  if ('refused' in all) return null;
  return all.find(each => each.sink === sink && each.status !== 'DELETED')?.id ?? null;
}

async function look(client: CamaraClient, theirId: string): Promise<Found> {
  const now = await client.subscription(theirId);
  if ('refused' in now) return { over: now.refused === 'NOT_FOUND' ? 'GONE' : now.refused };
  if (now.status === 'ACTIVATION_REQUESTED') return { theirId, isActive: false, nextInMs: LATER_MS };
  if (now.status !== undefined && now.status !== 'ACTIVE') return { over: now.status };
  return { theirId, isActive: true, nextInMs: LOOK_MS };
}

/** Writes what was found; one that the operator does not have ends here too, on record. */
async function write({ database, clock }: WatchRoundDoors, watch: store.Watch, found: Found): Promise<void> {
  const { watchId, partyId } = watch;
  await database.corridor(async tx => {
    const held = await store.lockWatch(tx, watchId);
    if (held === undefined) return;
    const atMs = clock.now();
    const put = (act: string, detail: Record<string, string>) =>
      stage(tx, { act, object: `camara-watch/${watchId}`, partyId, actor: 'corridor', atMs, detail });
    if ('over' in found) {
      if (await store.endWatch(tx, watchId, { atMs, reason: found.over, nextAtMs: null }))
        await put('camara-watch-ended', { reason: found.over });
      const { theirId, activeAtMs } = held;
      const left = { theirId, activeAtMs, nextAtMs: null, attempts: 0 };
      return await store.writeTheirs(tx, watchId, { ...left, answer: found.over });
    }
    const { theirId, isActive, nextInMs } = found;
    if (isActive && held.activeAtMs === null) await put('camara-watch-begun', {});
    // Ended here while they were asked: they are asked to end it next.
    const hasEnded = held.endedAtMs !== null && watch.endedAtMs === null;
    const nextAtMs = hasEnded ? atMs : nextInMs === null ? null : atMs + nextInMs;
    const activeAtMs = held.activeAtMs ?? (isActive ? atMs : null);
    await store.writeTheirs(tx, watchId, { theirId, activeAtMs, answer: 'ok', nextAtMs, attempts: 0 });
  });
}

/** Asked again after growing waits; not for ever, once its time is over. */
async function putOff(
  { database, clock }: WatchRoundDoors,
  { watchId, attempts, untilMs }: store.Watch,
  answer: string,
): Promise<void> {
  await database.corridor(async tx => {
    const held = await store.lockWatch(tx, watchId);
    if (held === undefined) return;
    const atMs = clock.now();
    const waitMs = WAITS_MS[attempts - 1] ?? LOOK_MS;
    const nextAtMs = atMs > untilMs + LATEST_MS ? null : atMs + waitMs;
    const { theirId, activeAtMs } = held;
    await store.writeTheirs(tx, watchId, { theirId, activeAtMs, answer, nextAtMs, attempts });
  });
}

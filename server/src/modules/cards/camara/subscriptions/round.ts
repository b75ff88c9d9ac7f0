import { openBytes } from '../../../../kernel/seal/sealed-bytes.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../../kernel/time.ts';
import type { OutsideReach } from '../../../../spine/measures/ports.ts';
import type { ModuleDoors, ModuleRound } from '../../../../spine/module-route.ts';
import { type PostAnswer, postOutside } from '../../../../spine/notices/wire/post.ts';
import { tellBack } from './back.ts';
import { endOverdue, spreadEvents, stageEnd } from './spread.ts';
import { beginRequested } from './standing.ts';
import * as store from './store.ts';
import { placeOf } from './subscriptions.ts';

/** Longer than an answer is waited for: a sender that died is followed by another after it. */
const HOLD_MS = 30 * SECOND_MS;
const AT_ONCE = 8;
const KEEP_MS = 30 * DAY_MS;
/** Waits between tries, as for subscribers of the house; after the last the subscription ends. */
const WAITS_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

export type EventDoors = Pick<ModuleDoors, 'database' | 'clock' | 'log' | 'desk'>;

/**
 * One round: begins what was asked for, reads on in the ledger, looks for cards that left their area, ends what is over,
 * and sends what is due: at least once, to each receiver in order, with the same identifier however often. Safe to repeat, and in two processes at once. How much was done.
 */
export async function runEventRound(doors: EventDoors): Promise<number> {
  const { database, clock } = doors;
  const { outside } = doors.desk;
  if (outside === undefined) return 0;
  const begun = await database.corridor(tx => beginRequested(tx, clock.now()));
  const read = await database.corridor(tx => spreadEvents(tx, clock.now()));
  const back = await database.corridor(tx => tellBack(tx, clock.now()));
  const ended = read > 0 ? 0 : await database.corridor(tx => endOverdue(tx, clock.now()));
  const due = await database.corridor(tx => store.takeDue(tx, clock.now(), clock.now() + HOLD_MS, AT_ONCE));
  await Promise.all(due.map(event => sendOne(doors, outside, event)));
  const done = begun + read + back + ended + due.length;
  if (done === 0) await database.corridor(tx => store.dropOld(tx, clock.now() - KEEP_MS));
  return done;
}

export const eventRound: ModuleRound = {
  name: 'camara-events',
  restMs: 500,
  step: async doors => (await runEventRound(doors)) > 0,
};

async function sendOne(doors: EventDoors, outside: OutsideReach, event: store.DueEvent): Promise<void> {
  const to = await doors.database.corridor(tx => store.receiverOf(tx, event.subscriptionId));
  if (to === undefined) return;
  const answer = await post(outside, to, event);
  await takeDown(doors, { ...event, partyId: to.partyId }, answer);
}

async function post(
  outside: OutsideReach,
  { sink, partyId, sealed }: { sink: string; partyId: number; sealed: Buffer | null },
  event: store.DueEvent,
): Promise<PostAnswer> {
  const fault = outside.faultOf(sink);
  if (fault !== null) return { fault };
  const headers: Record<string, string> = {
    'content-type': 'application/cloudevents+json',
    'x-correlator': `${event.subscriptionId}-${event.eventId}`,
  };
  if (sealed !== null) {
    try {
      const kept = openBytes(outside.sealKey, placeOf(partyId, sink), sealed).toString('utf8');
      // What was sealed before basic credentials were taken is a bearer token alone.
      headers['authorization'] = kept.includes(' ') ? kept : `Bearer ${kept}`;
    } catch {
      // Sealed under a key that is gone: nothing is sent without what the receiver asked to know it by.
      return { fault: 'credential-unopened' };
    }
  }
  return await postOutside({ url: new URL(sink), headers, body: event.body }, address =>
    outside.mayReach(address),
  );
}

/** Writes what became of it; an answer 410 or the last wait being over ends the subscription, on record. */
async function takeDown(
  { database, clock, log }: EventDoors,
  event: store.DueEvent & { readonly partyId: number },
  answer: PostAnswer,
): Promise<void> {
  const atMs = clock.now();
  const { eventId, subscriptionId, attempts } = event;
  const isDone = 'status' in answer && answer.status >= 200 && answer.status < 300;
  const isGone = 'status' in answer && answer.status === 410;
  const waitMs = WAITS_MS[attempts - 1];
  const nextAtMs = isDone || isGone || waitMs === undefined ? null : atMs + waitMs;
  const text = 'status' in answer ? String(answer.status) : answer.fault;
  const subscription = `camara-subscription/${subscriptionId}`;
  if (!isDone) log.warn({ subscription, attempts, answer: text }, 'event not taken');
  await database.corridor(async tx => {
    await store.writeAnswer(tx, eventId, { atMs, text, isDone, nextAtMs });
    if (isDone || nextAtMs !== null) return;
    // Nobody is there to be told of the end.
    await store.dropWaiting(tx, subscriptionId);
    if (await store.endSubscription(tx, subscriptionId, atMs, 'NETWORK_TERMINATED'))
      await stageEnd(tx, event, 'NETWORK_TERMINATED', atMs);
  });
}

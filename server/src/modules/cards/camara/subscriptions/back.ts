import type { Tx } from '../../../../kernel/database/transaction.ts';
import { SECOND_MS } from '../../../../kernel/time.ts';
import { lastBodiesOf } from '../../../../spine/views/registered.ts';
import type { HeldArea } from '../../contracts/bindings/hold.ts';
import { CARD_USAGE } from '../../model.ts';
import { changeBody, shownCircle } from './events.ts';
import { end } from './spread.ts';
import * as store from './store.ts';

const MOST_AT_ONCE = 100;
const LOOK_MS = 5 * SECOND_MS;
/** One record at a border says little, on the way back as on the way out: the rule `fence-breach` wants two as well. */
const RECORDS = 2;

/**
 * Tells subscriptions whose card had left its area that it is back: its last two places since then lie within the circle
 * it left, their accuracy included. The contract has one event for leaving and entering; how many were told.
 *
 * The event and the end of looking commit together; told once for each leaving.
 */
export async function tellBack(tx: Tx, atMs: number): Promise<number> {
  let told = 0;
  for (const away of await store.lockAway(tx, atMs, MOST_AT_ONCE)) {
    const atHomeMs = await backSince(tx, away, atMs);
    if (atHomeMs === null)
      await store.setAway(tx, away.subscriptionId, { ...away, lookAtMs: atMs + LOOK_MS });
    else told += await tell(tx, away, atHomeMs, atMs);
  }
  return told;
}

async function backSince(tx: Tx, away: store.Away, atMs: number): Promise<number | null> {
  const asked = { subjectId: away.subjectId, observationKind: CARD_USAGE, fields: ['latE6', 'lonE6'] };
  const span = { afterMs: away.leftAtMs, atMs };
  const last = await lastBodiesOf(tx, { ...asked, ...span, limit: RECORDS });
  const isBack = last.length === RECORDS && last.every(({ body }) => isWithin(body, away.area));
  return isBack ? (last[0]?.observedAtMs ?? null) : null;
}

async function tell(tx: Tx, away: store.Away, atHomeMs: number, atMs: number): Promise<number> {
  const { subscriptionId, partyId, leftAtMs, maxEvents } = away;
  await store.setAway(tx, subscriptionId, null);
  const event = `back-${leftAtMs}`;
  const body = changeBody(away, 'area-change', event, atHomeMs, { area: shownCircle(away.area) });
  if (!(await store.addEvent(tx, { subscriptionId, partyId, event, body }, atMs))) return 0;
  const told = away.told + 1;
  await store.setTold(tx, subscriptionId, told);
  if (maxEvents !== null && told >= maxEvents) await end(tx, away, 'MAX_EVENTS_REACHED', atMs);
  return 1;
}

/** Metres of a millionth of a degree, as the rule `fence-breach` counts them. */
const METRES_PER_E6 = 0.1112;

/** Whether a record's place lies within a circle, with all of its accuracy; what states no place does not. */
export function isWithin(
  { latE6, lonE6, accuracyM = 0 }: Readonly<Record<string, unknown>>,
  circle: HeldArea,
): boolean {
  if (typeof latE6 !== 'number' || typeof lonE6 !== 'number' || typeof accuracyM !== 'number') return false;
  const narrowing = Math.cos((circle.latE6 / 1_000_000) * (Math.PI / 180));
  const northM = (latE6 - circle.latE6) * METRES_PER_E6;
  const eastM = (lonE6 - circle.lonE6) * METRES_PER_E6 * narrowing;
  return Math.hypot(northM, eastM) + accuracyM <= circle.radiusM;
}

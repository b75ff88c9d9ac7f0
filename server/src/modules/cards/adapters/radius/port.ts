import type { Tx } from '../../../../kernel/database/transaction.ts';
import { Refusal } from '../../../../kernel/refusal.ts';
import { stage } from '../../../../spine/ledger/stage.ts';
import type { ProviderSettings } from '../../../../spine/measures/measure.ts';
import type {
  AdapterDoors,
  MeasurePort,
  Order,
  Outcome,
  ProviderState,
  Submission,
} from '../../../../spine/measures/ports.ts';
import { subjectsNamed } from '../../../../spine/registry/subjects.ts';
import { CARD } from '../../imports/registration.ts';
import { claimsOf } from './blocked.ts';
import { endSessions } from './disconnect.ts';
import { type LimitedCard, outcomeOfLimit, stateOfLimit, submitLimit } from './limit.ts';
import { limitFormOf } from './limit-form.ts';
import { type RadiusLive, radiusOf } from './running.ts';
import { lastClosedOf, openSessionsOf } from './session-store.ts';
import { type BlockRow, blocksOf, putBlock, takeBlockAway } from './store.ts';

export type RadiusOrderCode = 'radius-off' | 'radius-card-unknown';

/**
 * Measures over RADIUS: a suspended card is refused when its network asks (`authorize`), and the servers of its open
 * sessions are told to end them (RFC 5176). An order counts as done when the block stands and no session is open; what
 * is verified is that traffic ceased, as with any provider. A limited card's open sessions are changed by CoA-Requests,
 * with the attribute that the provider's options name, and its next session is let in with it.
 *
 * Refuses `radius-off` where this process runs no RADIUS, and `radius-card-unknown`: both leave the order to be sent again.
 */
export function radiusPort({ options = {} }: ProviderSettings, doors: AdapterDoors): MeasurePort {
  const form = limitFormOf(options);
  const live = (): RadiusLive => {
    const found = radiusOf(doors.database);
    if (found === undefined) throw new Refusal<RadiusOrderCode>('radius-off');
    return found;
  };
  const limited = async (reference: string): Promise<LimitedCard | null> => {
    const { partyId, database } = doors;
    if (form === null) return null;
    return { partyId, form, subjectId: await database.corridor(tx => cardOf(tx, partyId, reference)) };
  };
  return {
    submit: async order => {
      if (!isOfLimit(order.action)) return await submit(live(), doors.partyId, order);
      const card = await limited(order.reference);
      return card === null ? NOT_SET : await submitLimit(live(), card, order);
    },
    outcome: async (providerOrder, reference) => {
      if (!isOfLimit(providerOrder)) return await outcome(live(), doors.partyId, providerOrder, reference);
      const card = await limited(reference);
      // The setting was taken away while an order was under way.
      return card === null
        ? { state: 'queued', reason: NOT_SET.reason }
        : await outcomeOfLimit(live(), card, providerOrder);
    },
    state: async (reference, action = 'suspend') => {
      const card = isOfLimit(action) ? await limited(reference) : null;
      return card === null ? await state(live(), doors.partyId, reference) : await stateOfLimit(live(), card);
    },
  };
}

/** A provider that says no attribute limits nothing. */
const NOT_SET = { taken: false, reason: 'limit-not-set' } as const;

/** `limit` and `unlimit`, also as an order's name begins. */
function isOfLimit(action: string): boolean {
  return /^(?:un)?limit(?:\/|$)/.test(action);
}

async function submit(live: RadiusLive, partyId: number, order: Order): Promise<Submission> {
  const { database, clock, blocked } = live;
  if (order.action !== 'suspend' && order.action !== 'resume')
    return { taken: false, reason: 'action-unknown' };
  const atMs = clock.now();
  const done = await database.corridor(async tx => {
    const subjectId = await cardOf(tx, partyId, order.reference);
    const isSuspended = order.action === 'suspend';
    const kind = order.terms['kind'] ?? 'permanent-reject';
    const isNew = isSuspended
      ? await putBlock(tx, { subjectId, partyId, orderKey: order.orderKey, kind, sinceMs: atMs })
      : await takeBlockAway(tx, subjectId);
    const act = isSuspended ? 'radius-blocked' : 'radius-let-in';
    if (isNew)
      await stage(tx, { act, object: `subject/${subjectId}`, partyId, actor: 'corridor', atMs, detail: {} });
    return { subjectId, claims: await claimsOf(tx, subjectId, atMs) };
  });
  if (order.action === 'resume') blocked.remove(done.subjectId);
  else {
    blocked.add(done.subjectId, done.claims);
    await endSessions(live, done.claims);
  }
  return { taken: true, providerOrder: `${order.action}/${order.orderKey}` };
}

async function outcome(
  live: RadiusLive,
  partyId: number,
  providerOrder: string,
  reference: string,
): Promise<Outcome> {
  const { database, clock } = live;
  const found = await database.corridor(async tx => {
    const subjectId = await cardOf(tx, partyId, reference);
    const claims = await claimsOf(tx, subjectId, clock.now());
    const [block] = await blocksOf(tx, [subjectId]);
    return { block, claims, open: (await openSessionsOf(tx, claims)).length };
  });
  if (providerOrder.startsWith('resume/'))
    return { state: found.block === undefined ? 'done' : 'queued', already: false };
  if (found.block === undefined) return { state: 'refused', reason: 'let-in-since' };
  if (found.open === 0) return { state: 'done', already: !providerOrder.endsWith(found.block.orderKey) };
  await endSessions(live, found.claims);
  return { state: 'queued' };
}

async function state(live: RadiusLive, partyId: number, reference: string): Promise<ProviderState> {
  const { database, clock } = live;
  return await database.corridor(async tx => {
    const subjectId = await cardOf(tx, partyId, reference);
    const [block] = await blocksOf(tx, [subjectId]);
    if (block === undefined)
      return { restricted: false, sinceMs: clock.now(), refusedAttempts: 0, lastRefusedMs: null };
    const claims = await claimsOf(tx, subjectId, clock.now());
    return {
      restricted: true,
      sinceMs: await effectiveSince(tx, block, claims),
      refusedAttempts: block.refused,
      lastRefusedMs: block.lastRefusedMs,
    };
  });
}

/** The block takes effect when the last session it met is over. */
async function effectiveSince(tx: Tx, { sinceMs }: BlockRow, claims: readonly string[]): Promise<number> {
  return Math.max(sinceMs, (await lastClosedOf(tx, claims, sinceMs)) ?? sinceMs);
}

async function cardOf(tx: Tx, partyId: number, reference: string): Promise<number> {
  const found = (await subjectsNamed(tx, CARD, reference)).find(subject => subject.partyId === partyId);
  if (found === undefined) throw new Refusal<RadiusOrderCode>('radius-card-unknown');
  return found.subjectId;
}

import type { Tx } from '../../../../kernel/database/transaction.ts';
import { SECOND_MS } from '../../../../kernel/time.ts';
import { findingsWhole, type StoredEvidence } from '../../../../spine/findings/evidence/store.ts';
import { stage } from '../../../../spine/ledger/stage.ts';
import { entriesFrom } from '../../../../spine/ledger/store.ts';
import type { HeldArea } from '../../contracts/bindings/hold.ts';
import { changeBody, type EndReason, endBody, shownCircle, shownImei, type What } from './events.ts';
import * as store from './store.ts';

const MOST_AT_ONCE = 500;
/** What was found before a subscription's end may enter the ledger this much later. */
const GRACE_MS = 5 * SECOND_MS;

/** Which findings are changes in the contract's sense. */
const WHAT_OF: Readonly<Record<string, What>> = {
  'card-in-another-device': 'imei-change',
  'fence-breach': 'area-change',
};

interface Entry {
  readonly act: string;
  readonly object: string;
  readonly at: string;
  readonly detail: { readonly rule?: string; readonly historical?: boolean };
}

/**
 * Reads on in the ledger and writes an event for each subscription that a finding concerns; how many entries were read.
 *
 * A finding is in the ledger if, and only if, it was committed, and what judging finds is in it before anybody is told.
 * Events and the position commit together: a crash loses none and doubles none. A finding that is withdrawn later was
 * told, for the contract has no word for that.
 */
export async function spreadEvents(tx: Tx, atMs: number): Promise<number> {
  const first = await store.lockPosition(tx);
  if (first === null) return 0;
  const bytes = await entriesFrom(tx, first, MOST_AT_ONCE);
  if (bytes.length === 0) return 0;
  const entries = bytes.map(each => JSON.parse(each.toString('utf8')) as Entry).filter(isChange);
  const foundAt = new Map(
    entries.map(({ object, at }) => [object.slice('finding/'.length), Date.parse(at)] as const),
  );
  const findings = foundAt.size === 0 ? [] : await findingsWhole(tx, [...foundAt.keys()]);
  const live = await store.lockLiveOn(tx, [...new Set(findings.map(each => each.subjectId))]);
  for (const subscription of live) {
    const mine = findings.filter(each => concerns(subscription, each, foundAt.get(each.findingId)!));
    await tellAll(tx, subscription, mine, atMs);
  }
  await store.movePosition(tx, first + bytes.length);
  return bytes.length;
}

/** Ends what is over by its time or its credential's; how many. To be called when the ledger was read to its end. */
export async function endOverdue(tx: Tx, atMs: number): Promise<number> {
  const overdue = await store.lockOverdue(tx, atMs - GRACE_MS, MOST_AT_ONCE);
  for (const each of overdue) {
    const isExpired = (each.expiresAtMs ?? Number.POSITIVE_INFINITY) <= (each.credentialUntilMs ?? Infinity);
    await end(tx, each, isExpired ? 'SUBSCRIPTION_EXPIRED' : 'ACCESS_TOKEN_EXPIRED', atMs);
  }
  return overdue.length;
}

/** Ends one and writes the event that says so; the ledger has it. */
export async function end(
  tx: Tx,
  of: Pick<store.Subscription, 'subscriptionId' | 'partyId' | 'device'>,
  reason: EndReason,
  atMs: number,
): Promise<void> {
  const { subscriptionId, partyId } = of;
  if (!(await store.endSubscription(tx, subscriptionId, atMs, reason))) return;
  const body = endBody(of, reason, atMs);
  await store.addEvent(tx, { subscriptionId, partyId, event: 'ended', body }, atMs);
  await stageEnd(tx, of, reason, atMs);
}

export async function stageEnd(
  tx: Tx,
  { subscriptionId, partyId }: Pick<store.Subscription, 'subscriptionId' | 'partyId'>,
  reason: string,
  atMs: number,
): Promise<void> {
  const object = `camara-subscription/${subscriptionId}`;
  const act = { act: 'camara-subscription-ended', object, partyId, actor: 'corridor' };
  await stage(tx, { ...act, atMs, detail: { reason } });
}

async function tellAll(
  tx: Tx,
  of: store.Subscription,
  findings: readonly StoredEvidence[],
  atMs: number,
): Promise<void> {
  const { subscriptionId, partyId, what } = of;
  let { told } = of;
  for (const finding of findings) {
    if (told >= (of.maxEvents ?? Number.POSITIVE_INFINITY)) break;
    const detail = detailOf(what, finding);
    if (detail === null) continue;
    const event = `finding-${finding.findingId}`;
    const body = changeBody(of, what, event, finding.observedAtMs, detail);
    if (await store.addEvent(tx, { subscriptionId, partyId, event, body }, atMs)) told += 1;
    const area = circleOf(finding);
    // The last that was found out of it: from then on it is looked for (`tellBack`).
    if (what === 'area-change' && area !== null)
      await store.setAway(tx, subscriptionId, { leftAtMs: finding.observedAtMs, area, lookAtMs: atMs });
  }
  if (told !== of.told) await store.setTold(tx, subscriptionId, told);
  if (of.maxEvents !== null && told >= of.maxEvents) await end(tx, of, 'MAX_EVENTS_REACHED', atMs);
}

function isChange({ act, detail }: Entry): boolean {
  const { rule = '', historical } = detail;
  return act === 'finding-found' && historical !== true && Object.hasOwn(WHAT_OF, rule);
}

/** Whether a finding is this subscription's: its card and kind, found after its beginning and before its end. */
function concerns(of: store.Subscription, finding: StoredEvidence, foundMs: number): boolean {
  const untilMs = Math.min(of.expiresAtMs ?? Infinity, of.credentialUntilMs ?? Infinity);
  return (
    finding.subjectId === of.subjectId &&
    finding.partyId === of.partyId &&
    WHAT_OF[finding.ruleId] === of.what &&
    foundMs >= (of.activeAtMs ?? Number.POSITIVE_INFINITY) &&
    foundMs < untilMs
  );
}

/** The new device, or the area that was left, as the finding's own evidence has them. */
function detailOf(what: What, finding: StoredEvidence): object | null {
  if (what === 'area-change') {
    const area = circleOf(finding);
    return area === null ? null : { area: shownCircle(area) };
  }
  const { observation } = finding.evidence as { observation?: { imei?: unknown } };
  const imei = observation?.imei;
  return typeof imei === 'string' ? { imei: shownImei(imei) } : null;
}

function circleOf({ evidence }: StoredEvidence): HeldArea | null {
  const { bound } = evidence as {
    bound?: { fenceLatE6?: unknown; fenceLonE6?: unknown; fenceRadiusM?: unknown };
  };
  const { fenceLatE6: latE6, fenceLonE6: lonE6, fenceRadiusM: radiusM } = bound ?? {};
  if (typeof latE6 !== 'number' || typeof lonE6 !== 'number' || typeof radiusM !== 'number') return null;
  return { latE6, lonE6, radiusM };
}

import type { Canonical } from '../../kernel/canonical-json.ts';
import type { Tx } from '../../kernel/database/transaction.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { HOUR_MS } from '../../kernel/time.ts';
import type { Case } from '../cases/case.ts';
import { tellClocks } from '../cases/events.ts';
import { lastActAbout } from '../cases/store.ts';
import { writeAct } from '../cases/time-line.ts';
import { type Hand, takeCase } from '../cases/work.ts';
import { climbPast, tellRungDone } from './ladder/climb.ts';
import type { Measure, MeasureState, Provider } from './measure.ts';
import { moveMeasure } from './move.ts';
import { providerOrderOf } from './outbox/store.ts';
import type { MeasurePort, MeasureWorks, Outcome, ProviderState } from './ports.ts';
import { providerById } from './providers/store.ts';
import { takeLiftBack, whyNotLifted } from './shut.ts';
import { lockMeasure, takeLooks } from './store.ts';
import { beginStormWatch, tellStorm } from './storm.ts';
import { judgeCeasing } from './verification.ts';

const PAGE = 200;
/** Looks of one round: the other work of the round is not to wait for a flood of orders. */
const MOST_LOOKS = 2_000;
/** However long nothing was heard, this often it is looked whether the provider still has the subject stopped. */
export const MOST_REST_MS = 6 * HOUR_MS;

/** What was learnt of one measure outside any transaction. */
interface Sighting {
  readonly outcome: Outcome;
  /** Asked only once the provider says it has done the order. */
  readonly state: ProviderState | null;
}

/**
 * Asks the providers what became of every measure whose look is due, and records what changed; how many moved.
 * What is not due is not even read. A record of the subject makes a measure in force due at once (`wakeLooks`).
 *
 * Safe to run twice and at once: what was learnt counts only if the measure still is in the state it was
 * asked about. A provider that can't be reached is asked again at the next look.
 */
export async function watchMeasures(works: MeasureWorks): Promise<number> {
  const seen = new Set<number>();
  let moved = 0;
  while (seen.size < MOST_LOOKS) {
    const page = await works.database.corridor(tx => takeLooks(tx, works.clock.now(), MOST_REST_MS, PAGE));
    // What is so new that it is due again already is left to the next round.
    const fresh = page.filter(measure => !seen.has(measure.measureId));
    for (const measure of fresh) {
      seen.add(measure.measureId);
      moved += await watchOne(works, measure);
    }
    if (page.length < PAGE || fresh.length === 0) return moved;
  }
  return moved;
}

async function watchOne(works: MeasureWorks, measure: Measure): Promise<number> {
  let sighting: Sighting | null;
  let provider: Provider;
  try {
    const asked = await works.database.corridor(tx => question(tx, works, measure));
    provider = asked.provider;
    sighting = await look(works, measure, asked);
  } catch (cause) {
    const error = isRefusal(cause) ? cause.code : cause instanceof Error ? cause.name : 'unknown';
    works.log.warn({ measure: measure.measureId, error }, 'provider not asked');
    return 0;
  }
  if (sighting === null) return 0;
  const learnt = sighting;
  const after = await works.database.corridor(tx => record(tx, works, measure, provider, learnt));
  if (after === null || after.state === measure.state) return 0;
  works.changed(after);
  return 1;
}

interface Question {
  readonly provider: Provider;
  readonly providerOrder: string | null;
  readonly reference: string;
}

async function question(tx: Tx, works: MeasureWorks, measure: Measure): Promise<Question> {
  const deed = measure.state === 'lift-accepted' ? 'lift' : 'apply';
  return {
    provider: (await providerById(tx, measure.providerId)) as Provider,
    providerOrder: await providerOrderOf(tx, measure.measureId, deed),
    reference: await works.referenceOf(tx, measure.subjectId),
  };
}

/** Null while there is nothing to ask for: the order was never answered. */
async function look(works: MeasureWorks, measure: Measure, asked: Question): Promise<Sighting | null> {
  const port = portOf(works, asked.provider);
  const action = works.kinds.find(kind => kind.kind === measure.kind)?.applies;
  if (measure.state === 'effective' || measure.state === 'verified')
    return { outcome: { state: 'done', already: true }, state: await port.state(asked.reference, action) };
  if (asked.providerOrder === null) return null;
  const outcome = await port.outcome(asked.providerOrder, asked.reference);
  return { outcome, state: outcome.state === 'done' ? await port.state(asked.reference, action) : null };
}

function portOf(works: MeasureWorks, provider: Provider): MeasurePort {
  const adapter = works.adapters[provider.adapter];
  if (adapter === undefined) throw new Error(`no adapter ${provider.adapter}`);
  const { partyId, providerId } = provider;
  return adapter(provider.settings, { ...works, partyId, providerId });
}

/** Records a sighting; the measure as it is then, or null when it moved on since it was asked about. */
async function record(
  tx: Tx,
  works: MeasureWorks,
  seen: Measure,
  provider: Provider,
  sighting: Sighting,
): Promise<Measure | null> {
  const found = await takeCase(tx, seen.caseId);
  const held = await lockMeasure(tx, seen.measureId);
  if (held === undefined || held.state !== seen.state) return null;
  const hand = { actor: 'corridor', atMs: works.clock.now() };
  const { outcome, state } = sighting;
  if (held.state === 'verified') {
    await countAfterwards(tx, works, found, held, state as ProviderState, hand);
    return held;
  }
  if (held.state === 'effective')
    return await recordCeasing(tx, works, found, held, provider, state as ProviderState, hand);
  if (outcome.state === 'refused') return await recordRefused(tx, works, found, held, outcome.reason, hand);
  if (outcome.state === 'queued' && outcome.reason !== undefined)
    await escalateOnce(tx, found, held, outcome.reason, hand);
  if (outcome.state === 'queued' || state === null || state.unclear !== undefined) return held;
  const proof = { restricted: state.restricted, sinceMs: state.sinceMs, already: outcome.already };
  if (held.state === 'lift-accepted') {
    if (state.restricted) return held;
    const shut = await whyNotLifted(tx, works, held);
    if (shut !== null) return await takeLiftBack(tx, held, shut.code, true, hand);
    return await recordMove(tx, works, found, held, 'lifted', hand, proof);
  }
  if (!state.restricted) return held;
  return await recordMove(tx, works, found, held, 'effective', hand, proof, state.sinceMs);
}

/** Moves the measure and tells the clocks. A state older than the decision took effect with the decision. */
async function recordMove(
  tx: Tx,
  works: MeasureWorks,
  found: Case,
  held: Measure,
  to: 'effective' | 'lifted',
  hand: Hand,
  proof: Canonical,
  sinceMs: number | null = null,
): Promise<Measure> {
  const effectiveAtMs = sinceMs === null ? null : Math.min(Math.max(sinceMs, held.decidedAtMs), hand.atMs);
  const moved = await moveMeasure(tx, held, to, hand, proof, effectiveAtMs);
  if (to === 'effective') await beginStormWatch(tx, works, held, hand.atMs);
  const event = to === 'effective' ? 'measure-effective' : 'lifted';
  await tellClocks(tx, works, found, event, hand.atMs, hand.actor);
  return moved;
}

async function recordRefused(
  tx: Tx,
  works: MeasureWorks,
  found: Case,
  held: Measure,
  reason: string,
  hand: Hand,
): Promise<Measure> {
  const isLift = held.state === 'lift-accepted';
  const to: MeasureState = isLift ? 'effective' : 'failed';
  const moved = await moveMeasure(tx, held, to, hand, { refused: reason });
  const detail = { measure: held.measureId, reason };
  await writeAct(tx, found, { kind: isLift ? 'lift-refused' : 'measure-escalated', ...hand, detail });
  if (!isLift) await climbPast(tx, works, found, held, 'refused', hand);
  return moved;
}

async function recordCeasing(
  tx: Tx,
  works: MeasureWorks,
  found: Case,
  held: Measure,
  provider: Provider,
  state: ProviderState,
  hand: Hand,
): Promise<Measure> {
  if (state.unclear !== undefined) {
    await escalateOnce(tx, found, held, state.unclear, hand);
    return held;
  }
  if (!state.restricted) {
    await escalateOnce(tx, found, held, 'not-in-force', hand);
    return held;
  }
  if (works.kinds.find(kind => kind.kind === held.kind)?.leavesTraffic === true) return held;
  const effectiveAtMs = held.effectiveAtMs ?? held.decidedAtMs;
  const traffic = await works.traffic.trafficSince(tx, held.subjectId, effectiveAtMs);
  const watermarkMs = await works.traffic.watermarkOf(tx, held.subjectId, effectiveAtMs);
  await tellTraffic(tx, found, held, traffic.lastAcceptedMs, traffic.accepted, hand);
  await tellStorm(tx, works, found, held, Math.max(state.refusedAttempts, traffic.refused), hand);
  const { quietMs } = provider.settings;
  const judged = judgeCeasing({ effectiveAtMs, quietMs, traffic, watermarkMs, provider: state });
  // What was on its way when the block took effect is not the ladder's concern yet.
  if (judged.verdict === 'goes-on' && judged.lastAcceptedMs >= effectiveAtMs + quietMs)
    await climbPast(tx, works, found, held, 'traffic-goes-on', hand);
  if (judged.verdict !== 'ceased') return held;
  const proof = {
    by: judged.by,
    atMs: judged.atMs,
    watermarkMs,
    quietMs,
    refusedAttempts: state.refusedAttempts,
    refusedRecords: traffic.refused,
  };
  const verified = await moveMeasure(tx, held, 'verified', hand, proof);
  await tellRungDone(tx, works, found, held, hand);
  return verified;
}

/** A card that was seen to cease may be the one that now tries again and again. */
async function countAfterwards(
  tx: Tx,
  works: MeasureWorks,
  found: Case,
  held: Measure,
  state: ProviderState,
  hand: Hand,
): Promise<void> {
  const traffic = await works.traffic.trafficSince(
    tx,
    held.subjectId,
    held.effectiveAtMs ?? held.decidedAtMs,
  );
  await tellStorm(tx, works, found, held, Math.max(state.refusedAttempts, traffic.refused), hand);
}

/** Traffic after the effective moment stands on the time line once for each newer record. */
async function tellTraffic(
  tx: Tx,
  found: Case,
  held: Measure,
  lastAcceptedMs: number | null,
  accepted: number,
  hand: Hand,
): Promise<void> {
  if (lastAcceptedMs === null) return;
  const told = await lastActAbout(tx, found.caseId, 'traffic-after-measure', held.measureId);
  const toldMs = Number((told?.detail as { lastAcceptedMs?: number } | undefined)?.lastAcceptedMs ?? 0);
  if (told !== undefined && toldMs >= lastAcceptedMs) return;
  const detail = { measure: held.measureId, lastAcceptedMs, records: accepted };
  await writeAct(tx, found, { kind: 'traffic-after-measure', ...hand, detail });
}

async function escalateOnce(tx: Tx, found: Case, held: Measure, reason: string, hand: Hand): Promise<void> {
  const told = await lastActAbout(tx, found.caseId, 'measure-escalated', held.measureId);
  if ((told?.detail as { reason?: string } | undefined)?.reason === reason) return;
  await writeAct(tx, found, {
    kind: 'measure-escalated',
    ...hand,
    detail: { measure: held.measureId, reason },
  });
}

import type { Tx } from '../../../kernel/database/transaction.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import { MINUTE_MS, SECOND_MS } from '../../../kernel/time.ts';
import { writeAct } from '../../cases/time-line.ts';
import { takeCase } from '../../cases/work.ts';
import { climbPast } from '../ladder/climb.ts';
import type { Measure, MeasureCode, MeasureState, Provider } from '../measure.ts';
import { moveMeasure } from '../move.ts';
import type { MeasurePort, MeasureWorks, Order, Submission } from '../ports.ts';
import { providerById } from '../providers/store.ts';
import { takeLiftBack, whyNotLifted } from '../shut.ts';
import { lockMeasure, measureById } from '../store.ts';
import { mayBecome } from '../transitions.ts';
import { delayLetter, finishLetter, type Letter, takeLetters } from './store.ts';

/**
 * How long a taken letter belongs to its sender: longer than a provider is waited for. A sender that died is
 * followed by another after it, so it is also how long a kill can hold an order up.
 */
const HOLD_MS = 20 * SECOND_MS;
const FIRST_WAIT_MS = 5 * SECOND_MS;
const MOST_WAIT_MS = 10 * MINUTE_MS;
const ACTOR = 'corridor';

/**
 * Sends what is due in the outbox and records the answers; how many letters were taken.
 *
 * At least once: a letter whose sending or answer was lost, by a fault or a kill, is sent again under the
 * same key, and the provider acts on a key once. An answer is recorded once, in a transaction of its own.
 * A provider that doesn't answer delays its own letters only, longer each time.
 */
export async function sendLetters(works: MeasureWorks, limit = 50): Promise<number> {
  const dueMs = works.clock.now();
  // One at a time: a letter taken early would wait for those before it while nobody else may send it.
  for (let sent = 0; sent < limit; sent += 1) {
    const [letter] = await works.database.corridor(tx =>
      takeLetters(tx, dueMs, works.clock.now() + HOLD_MS, 1),
    );
    if (letter === undefined) return sent;
    await sendOne(works, letter);
  }
  return limit;
}

async function sendOne(works: MeasureWorks, letter: Letter): Promise<void> {
  const kept = await works.database.corridor(tx => keepBack(tx, works, letter));
  if (kept !== null) {
    works.changed(kept);
    return;
  }
  let answer: Submission;
  try {
    const { port, order } = await works.database.corridor(tx => address(tx, works, letter));
    answer = await port.submit(order);
  } catch (cause) {
    await postpone(works, letter, cause);
    return;
  }
  const moved = await works.database.corridor(tx => recordAnswer(tx, works, letter, answer));
  if (moved !== null) works.changed(moved);
}

/**
 * Keeps back a lifting whose subject may not come back any more; the measure as it is then, null where the letter
 * is to leave. A letter that was taken before may have reached the provider.
 */
async function keepBack(tx: Tx, works: MeasureWorks, letter: Letter): Promise<Measure | null> {
  if (letter.deed !== 'lift') return null;
  const seen = (await measureById(tx, letter.measureId)) as Measure;
  await takeCase(tx, seen.caseId);
  const held = (await lockMeasure(tx, letter.measureId)) as Measure;
  const shut = await whyNotLifted(tx, works, held);
  if (shut === null || !mayBecome(held.state, 'effective')) return null;
  const hand = { actor: ACTOR, atMs: works.clock.now() };
  const answered = { providerOrder: null, error: shut.code, atMs: hand.atMs };
  if (!(await finishLetter(tx, letter.outboxId, answered))) return null;
  return await takeLiftBack(tx, held, shut.code, letter.attempts > 1, hand);
}

async function address(
  tx: Tx,
  works: MeasureWorks,
  letter: Letter,
): Promise<{ port: MeasurePort; order: Order }> {
  const measure = (await measureById(tx, letter.measureId)) as Measure;
  const provider = (await providerById(tx, measure.providerId)) as Provider;
  const adapter = works.adapters[provider.adapter];
  const kind = works.kinds.find(candidate => candidate.kind === measure.kind);
  if (adapter === undefined || kind === undefined)
    throw new Refusal<MeasureCode>(
      adapter === undefined ? 'provider-settings-invalid' : 'measure-kind-unknown',
    );
  const action = letter.deed === 'apply' ? kind.applies : kind.lifts;
  if (action === null) throw new Refusal<MeasureCode>('measure-final');
  const order = {
    orderKey: letter.orderKey,
    action,
    reference: await works.referenceOf(tx, measure.subjectId),
    terms: measure.terms,
  };
  return {
    port: adapter(provider.settings, {
      ...works,
      partyId: provider.partyId,
      providerId: provider.providerId,
    }),
    order,
  };
}

async function postpone(works: MeasureWorks, letter: Letter, cause: unknown): Promise<void> {
  const error = isRefusal(cause) ? cause.code : cause instanceof Error ? cause.name : 'unknown';
  const waitMs = Math.min(FIRST_WAIT_MS * 2 ** Math.min(letter.attempts - 1, 20), MOST_WAIT_MS);
  works.log.warn(
    { measure: letter.measureId, attempts: letter.attempts, error, waitMs },
    'order not answered',
  );
  await works.database.corridor(tx => delayLetter(tx, letter.outboxId, works.clock.now() + waitMs, error));
}

/** Records a provider's answer once; the measure it moved, or null when it was recorded before. */
async function recordAnswer(
  tx: Tx,
  works: MeasureWorks,
  letter: Letter,
  answer: Submission,
): Promise<Measure | null> {
  const atMs = works.clock.now();
  const seen = (await measureById(tx, letter.measureId)) as Measure;
  const found = await takeCase(tx, seen.caseId);
  const held = (await lockMeasure(tx, letter.measureId)) as Measure;
  const providerOrder = answer.taken ? answer.providerOrder : null;
  const error = answer.taken ? null : answer.reason;
  if (!(await finishLetter(tx, letter.outboxId, { providerOrder, error, atMs }))) return null;
  const to = answerState(letter.deed, answer.taken);
  if (!mayBecome(held.state, to)) return held;
  const hand = { actor: ACTOR, atMs };
  const proof = answer.taken
    ? { providerOrder: answer.providerOrder, attempts: letter.attempts }
    : { refused: answer.reason };
  const moved = await moveMeasure(tx, held, to, hand, proof);
  if (!answer.taken) {
    const kind = letter.deed === 'apply' ? 'measure-escalated' : 'lift-refused';
    const detail = { measure: held.measureId, reason: answer.reason };
    await writeAct(tx, found, { kind, ...hand, detail });
    if (letter.deed === 'apply') await climbPast(tx, works, found, held, 'refused', hand);
  }
  return moved;
}

function answerState(deed: Letter['deed'], isTaken: boolean): MeasureState {
  if (deed === 'apply') return isTaken ? 'accepted' : 'failed';
  return isTaken ? 'lift-accepted' : 'effective';
}

import { type Canonical, canonicalJson } from '../../kernel/canonical-json.ts';
import type { Tx } from '../../kernel/database/transaction.ts';
import { sealText } from '../../kernel/seal/store.ts';
import { writeAct } from '../cases/time-line.ts';
import type { Hand } from '../cases/work.ts';
import { stage } from '../ledger/stage.ts';
import type { Measure, MeasureState } from './measure.ts';
import { insertStep, setState } from './store.ts';
import { mayBecome } from './transitions.ts';

export { type Step, stepsOf } from './store.ts';

/**
 * Moves a measure the caller holds: its state, the step with its proof, the case's time line and the ledger
 * entry, all in the caller's transaction. Returns the measure as it is then.
 *
 * A transition that the life of a measure doesn't know is a fault of the caller and throws a `RangeError`.
 */
export async function moveMeasure(
  tx: Tx,
  held: Measure,
  to: MeasureState,
  hand: Hand,
  proof: Canonical,
  effectiveAtMs: number | null = null,
): Promise<Measure> {
  if (!mayBecome(held.state, to)) throw new RangeError(`a measure ${held.state} can't become ${to}`);
  await setState(tx, held.measureId, to, effectiveAtMs, hand.atMs);
  await writeStep(tx, held, held.state, to, hand, proof);
  return { ...held, state: to, effectiveAtMs: effectiveAtMs ?? held.effectiveAtMs };
}

/** Writes the step into a state with everything that tells of it; `from` is null for the decision itself. */
export async function writeStep(
  tx: Tx,
  held: Measure,
  from: MeasureState | null,
  to: MeasureState,
  hand: Hand,
  proof: Canonical,
): Promise<void> {
  const { actor, atMs } = hand;
  const stepId = await insertStep(tx, held, { fromState: from, toState: to, atMs, actor, proof });
  const object = `measure/${held.measureId}`;
  const text = canonicalJson(proof);
  const sealed = await sealText(tx, { partyId: held.partyId, object, name: `step-${stepId}`, text });
  await stage(tx, {
    act: `measure-${to}`,
    object,
    partyId: held.partyId,
    actor,
    atMs,
    detail: { case: `case/${held.caseId}`, kind: held.kind, from, stepId, proof: sealed },
  });
  await writeAct(tx, held, {
    kind: 'measure-moved',
    atMs,
    actor,
    detail: { measure: held.measureId, kind: held.kind, from, to, proof },
  });
}

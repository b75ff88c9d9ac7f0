import type { Tx } from '../../kernel/database/transaction.ts';
import type { Clock } from '../../kernel/time.ts';
import type { Contribution } from '../contribution.ts';
import type { DossierShelf } from '../dossier-shelf.ts';
import { sharedOut } from '../fed.ts';
import type { ArmedRule } from '../findings/armed/armed-rules.ts';
import type { Touched } from '../judging.ts';
import type { DeliveredObservation, StoredObservation } from '../observations/store.ts';
import type { Turn } from '../taken-in.ts';
import { type FieldKey, isFieldKeyed, keyId, rulesUnder, valueId } from './field-keys.ts';
import { judgeKeyAgain, type KeyJudgement, keyJudgementsOf } from './judging-keys.ts';
import type { KeyMemory } from './key-memory.ts';
import type { LinkShelf } from './link-shelf.ts';
import { linkRecords, type TouchedKey, touchedKeys } from './touched-keys.ts';

/** What was not judged for a bound, so that it shows. */
export interface LeftOut {
  /** A key that too many subjects bear, or a claim that was observed with too many values. */
  readonly why: 'key-crowded' | 'claim-with-many-keys';
  readonly partyId: number | null;
  readonly field: string | null;
}

interface Doors {
  readonly contributions: readonly Contribution[];
  readonly clock: Clock;
  readonly memory?: { readonly keys: KeyMemory; readonly links: LinkShelf; readonly shelf: DossierShelf };
  onLeftOut?(leftOut: LeftOut): void;
  onRuleErrors?(ruleId: string, records: number): void;
}

/** A crowded key is not looked at again so soon for new records alone. */
const LEFT_MS = 10 * 60_000;

/**
 * The second stage: judges what happened under the keys of rules keyed by a field, after the subjects (design,
 * "Judging, exactly" 5). Keys that memory knows and that only records came for, in order, are judged by those
 * records; every other from what is stored.
 */
export async function* judgeKeys(
  tx: Tx,
  doors: Doors,
  armed: readonly ArmedRule[],
  next: {
    readonly touched: readonly Touched[];
    readonly records: readonly DeliveredObservation[];
    readonly turn: Turn;
  },
): AsyncGenerator<KeyJudgement> {
  const rules = armed.filter(isFieldKeyed);
  const fresh = await linkRecords(tx, rules, next.records, doors.memory?.links);
  if (rules.length === 0) return;
  const memory = doors.memory?.keys;
  const fed = sharedOut(
    next.records,
    next.touched.map(each => each.dossier),
  ).filter(each => each.records.length > 0);
  const isTaken = (key: FieldKey, record: StoredObservation): boolean =>
    memory?.takenIn.holds(keyId(key), record, next.turn) ?? false;
  const keys = await touchedKeys(tx, rules, { touched: next.touched, fed, isTaken }, () =>
    doors.onLeftOut?.({ why: 'claim-with-many-keys', partyId: null, field: null }),
  );
  const changed = next.touched.filter(each => !each.isOnlyFed).map(each => each.dossier);
  for (const { key, isOnlyFed } of keys) if (isOnlyFed && fresh.has(valueId(key))) memory?.begin(key);
  const judged = memory?.judge(fed, changed);
  for (const [ruleId, count] of memory?.takeErrors() ?? []) doors.onRuleErrors?.(ruleId, count);
  for (const touched of keys) {
    const { key } = touched;
    if (touched.isOnlyFed && memory?.isLeft(key, doors.clock.now()) === true) {
      tellCrowded(doors, key);
      continue;
    }
    const inOrder =
      touched.isOnlyFed && memory?.knows(key) === true && judged?.late.has(keyId(key)) === false;
    const due = inOrder
      ? await keyJudgementsOf(tx, doors, rulesUnder(rules, key), key, judged.verdicts.get(keyId(key)) ?? [])
      : await judgeAgain(tx, doors, rulesUnder(rules, key), touched, next.turn);
    if (due !== 'crowded') yield* due;
    else {
      memory?.leave(key, doors.clock.now() + LEFT_MS);
      tellCrowded(doors, key);
    }
  }
}

async function judgeAgain(
  tx: Tx,
  doors: Doors,
  rules: readonly ArmedRule[],
  { key, fromMs, isOnlyFed }: TouchedKey,
  turn: Turn,
): Promise<readonly KeyJudgement[] | 'crowded'> {
  const again = await judgeKeyAgain(tx, doors, rules, key, fromMs);
  if (again === 'crowded') return again;
  for (const [ruleId, count] of again.errors) doors.onRuleErrors?.(ruleId, count);
  doors.memory?.keys.remember(key, again.states);
  doors.memory?.keys.takenIn.note(keyId(key), { fromMs, claims: again.claims }, !isOnlyFed, turn);
  return again.judgements;
}

function tellCrowded(doors: Doors, { partyId, field }: FieldKey): void {
  doors.onLeftOut?.({ why: 'key-crowded', partyId, field });
}

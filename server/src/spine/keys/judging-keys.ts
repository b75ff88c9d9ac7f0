import { sha256 } from '../../kernel/bytes.ts';
import type { Tx } from '../../kernel/database/transaction.ts';
import type { Clock } from '../../kernel/time.ts';
import type { ArmedRule } from '../findings/armed/armed-rules.ts';
import type { NewFinding } from '../findings/finding.ts';
import { storedFindingsUnder } from '../findings/store.ts';
import { before, findingOf, inReach, noteErrors, type SubjectJudgement, stretchesOf } from '../judging.ts';
import { judgeKey, type KeyState, reach, type Verdict } from '../rules/judge-key.ts';
import { compareStanding } from '../rules/standing.ts';
import { type FieldKey, keyText } from './field-keys.ts';
import { inputsUnder } from './key-inputs.ts';
import { type Bearer, type KeyDoors, type KeyRecords, recordsOfKey } from './key-records.ts';

type Doors = KeyDoors & { readonly clock: Clock };

/** What must be written under one rule for one subject of a key; of what is taken back the subject does not matter. */
export interface KeyJudgement {
  readonly on: { readonly partyId: number; readonly kind: string };
  readonly judgement: SubjectJudgement;
}

/**
 * Judges a key again from `fromMs` on from stored observations alone, and says what must change so that the
 * standing findings are those of the stored set; the state each rule came to.
 */
export async function judgeKeyAgain(
  tx: Tx,
  doors: Doors,
  rules: readonly ArmedRule[],
  key: FieldKey,
  fromMs: number,
): Promise<
  | {
      readonly judgements: readonly KeyJudgement[];
      readonly states: ReadonlyMap<string, KeyState>;
      readonly errors: ReadonlyMap<string, number>;
      /** Whose records were read. */
      readonly claims: ReadonlySet<string>;
    }
  | 'crowded'
> {
  const since = before(fromMs, Math.max(...rules.map(({ rule }) => reach(rule))));
  const under = await recordsOfKey(tx, doors, key, since);
  if (under === 'crowded') return under;
  const ids = rules.map(({ rule }) => rule.id);
  const stored = await storedFindingsUnder(tx, ids, keyText(key), fromMs);
  const states = new Map<string, KeyState>();
  const errors = new Map<string, number>();
  const judgements: KeyJudgement[] = [];
  const name = keyText(key);
  for (const armed of rules) {
    const { rule } = armed;
    const { verdicts, state, tally } = judgeKey(rule, {
      key: name,
      partyId: key.partyId,
      subject: { id: '', class: '' },
      boundAt: () => ({}),
      about: record => under.bearerOf(record).about,
      digest: text => sha256(text).toString('hex'),
      observations: under.records,
      ticks: [],
      fromMs,
    });
    states.set(rule.id, state);
    noteErrors(errors, rule, tally);
    const change = compareStanding(
      stored.filter(({ ruleId, ruleVersion }) => ruleId === rule.id && ruleVersion === rule.version),
      verdicts,
    );
    const { withdrawn, reinstated } = change;
    judgements.push(...added(armed, key, under, change.added, doors.clock.now()));
    if (withdrawn.length + reinstated.length > 0)
      judgements.push({
        on: { partyId: key.partyId, kind: '' },
        judgement: { rule, added: [], withdrawn, reinstated },
      });
  }
  return { judgements, states, errors, claims: under.claims };
}

/** What must be written for a key whose records came in order and gave these verdicts; what is stored is its evidence. */
export async function keyJudgementsOf(
  tx: Tx,
  doors: Doors,
  rules: readonly ArmedRule[],
  key: FieldKey,
  verdicts: readonly Verdict[],
): Promise<readonly KeyJudgement[] | 'crowded'> {
  const fired = rules.filter(({ rule }) => verdicts.some(verdict => verdict.ruleId === rule.id));
  if (fired.length === 0) return [];
  const earliestMs = Math.min(...verdicts.map(verdict => verdict.observedAtMs));
  const since = before(earliestMs, Math.max(...fired.map(({ rule }) => reach(rule))));
  const under = await recordsOfKey(tx, doors, key, since);
  if (under === 'crowded') return under;
  return fired.flatMap(armed =>
    added(
      armed,
      key,
      under,
      verdicts.filter(verdict => verdict.ruleId === armed.rule.id),
      doors.clock.now(),
    ),
  );
}

/** Found, by the subject each is on. */
function added(
  armed: ArmedRule,
  key: FieldKey,
  under: KeyRecords,
  verdicts: readonly Verdict[],
  judgedAtMs: number,
): KeyJudgement[] {
  return [...Map.groupBy(verdicts, verdict => verdict.subjectId)].flatMap(([id, mine]) => {
    const bearer = under.bearers.find(each => each.about.subject.id === id);
    if (bearer === undefined) return [];
    const found = mine.map(verdict => findingUnder(verdict, armed, bearer, under, judgedAtMs));
    const on = { partyId: key.partyId, kind: bearer.dossier.kind };
    return [{ on, judgement: { rule: armed.rule, added: found, withdrawn: [], reinstated: [] } }];
  });
}

function findingUnder(
  verdict: Verdict,
  armed: ArmedRule,
  { dossier }: Bearer,
  under: KeyRecords,
  judgedAtMs: number,
): NewFinding {
  const used = inReach(under.records, verdict, armed.rule);
  const inputs = inputsUnder(
    used.map(record => [record, under.bearerOf(record).dossier.subjectId]),
    under.bearers.map(({ dossier: { subjectId, facts }, terms }) => ({
      subjectId,
      facts,
      stretches: stretchesOf(terms, verdict, armed.rule),
    })),
  );
  return findingOf(verdict, armed, dossier, used, inputs, judgedAtMs);
}

import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { stage } from '../../ledger/stage.ts';
import type { RuleWorld } from '../../rules/read-rule.ts';
import { type ArmAsked, type Armed, armRule, soundRule, versionOf } from '../armed/armed-rules.ts';
import type { BackTest, BackTestAsked, BackTestCode, BackTestResult } from './back-test.ts';
import { askToEnd, backTestById, countUnended, end, insertBackTest, proofOf } from './store.ts';

export type { BackTest, BackTestCode, BackTestResult, Chosen } from './back-test.ts';
export { backTestsOf } from './store.ts';

/** Waiting and running at once, over all rules. */
const MOST_UNENDED = 20;
/** The longest span, about ten years: what is counted by day stays small. */
const LONGEST_MS = 3_660 * 86_400_000;

/**
 * Puts a back-test in line. The rule must be sound, its examples included.
 * Refuses `rule-refused`, `back-test-span-invalid` and `back-test-too-many`.
 */
export async function askBackTest(
  tx: Tx,
  asked: Omit<BackTestAsked, 'version'>,
  world: RuleWorld,
): Promise<BackTest> {
  const subject = `rule/${asked.ruleId}`;
  const { fromMs, toMs } = asked;
  if (fromMs >= toMs || toMs - fromMs > LONGEST_MS)
    throw new Refusal<BackTestCode>('back-test-span-invalid', { subject, detail: { fromMs, toMs } });
  const { version } = soundRule(asked, world);
  if ((await countUnended(tx)) >= MOST_UNENDED)
    throw new Refusal<BackTestCode>('back-test-too-many', { subject, detail: { most: MOST_UNENDED } });
  return insertBackTest(tx, { ...asked, version });
}

/** The back-test; refuses `back-test-not-found`. */
export async function backTestOf(tx: Tx, ruleId: string, id: number): Promise<BackTest> {
  const found = await backTestById(tx, ruleId, id);
  if (found === undefined)
    throw new Refusal<BackTestCode>('back-test-not-found', { subject: `rule/${ruleId}`, detail: { id } });
  return found;
}

/** Ends a back-test that waits, and asks one that runs to end. Refuses `back-test-ended`. */
export async function cancelBackTest(tx: Tx, ruleId: string, id: number, atMs: number): Promise<BackTest> {
  const found = await backTestOf(tx, ruleId, id);
  if (!(await askToEnd(tx, id, atMs)))
    throw new Refusal<BackTestCode>('back-test-ended', {
      subject: `rule/${ruleId}`,
      detail: { id, state: found.state },
    });
  return backTestOf(tx, ruleId, id);
}

/** Keeps what came of it, on the record of the ledger; false when it was ended otherwise meanwhile. */
export async function finishBackTest(
  tx: Tx,
  test: BackTest,
  result: BackTestResult,
  atMs: number,
  digest: (text: string) => string,
): Promise<boolean> {
  if (!(await end(tx, test.backTestId, { state: 'finished', result, atMs }))) return false;
  const { records, silences, hits, subjectsHit, hitsDigest } = result;
  await stage(tx, {
    act: 'rule-back-tested',
    object: `rule/${test.ruleId}`,
    partyId: test.partyId,
    actor: test.askedBy,
    atMs,
    detail: {
      backTest: test.backTestId,
      version: test.version,
      text: digest(test.text),
      fromMs: test.fromMs,
      toMs: test.toMs,
      isOverAll: Object.keys(test.chosen).length === 0,
      records,
      silences,
      hits,
      subjectsHit,
      hitsDigest,
    },
  });
  return true;
}

/**
 * Arms a rule that was back-tested: a finished back-test of this very version, over everybody, must be on
 * record (C-35). There is no way round it but the one of a first start, where nothing is stored to try a rule
 * on. Refuses `rule-refused` and `rule-not-back-tested`.
 */
export async function armTested(tx: Tx, asked: ArmAsked, world: RuleWorld): Promise<Armed> {
  const rule = soundRule(asked, world);
  const known = await versionOf(tx, rule.id, rule.version);
  if (known !== undefined && known.retiredAtMs === null) return { rule, isNew: false };
  const backTest = await proofOf(tx, rule.id, rule.version);
  if (backTest === undefined)
    throw new Refusal<BackTestCode>('rule-not-back-tested', {
      subject: `rule/${rule.id}`,
      detail: { rule: rule.id, version: rule.version },
    });
  return armRule(tx, { ...asked, backTest }, world);
}

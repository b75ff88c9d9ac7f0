import type { BackTestResult } from '../findings/back-tests/back-test.ts';
import { isHeardOf } from '../observations/stretch/store.ts';
import type { Rule } from '../rules/rule.ts';
import { judgeFieldKeys } from './by-field.ts';
import { judgeSubjects } from './by-subject.ts';
import type { BackTestDoors, BackTestPlan } from './plan.ts';
import { BackTestTally } from './tally.ts';

/**
 * Judges the stored observations of `[fromMs, toMs)` by a rule, as if it had been armed all the while, and counts
 * what it would have found: record for record what live judging finds over the same stored set (E-13). Nothing
 * is written.
 *
 * It reads what lies stored when it comes to a subject; a record that is accepted meanwhile may or may not take
 * part. Throws `Canceled` when `onProgress` says so.
 */
export async function backTestRule(doors: BackTestDoors, plan: BackTestPlan): Promise<BackTestResult> {
  const { rule, armed } = plan;
  const beside = besides(rule, armed);
  const tally = new BackTestTally(rule);
  const paired = { ...plan, armed: typeof beside === 'string' ? null : beside };
  await (rule.key === 'subject' ? judgeSubjects : judgeFieldKeys)(doors, paired, tally);
  const isKindStored = await doors.database.corridor(tx => isHeardOf(tx, rule.reads));
  return tally.result(typeof beside === 'string' ? beside : { version: beside.version }, isKindStored);
}

function besides(rule: Rule, armed: Rule | null): Rule | 'none' | 'same' | 'other-key' {
  if (armed === null) return 'none';
  if (armed.version === rule.version) return 'same';
  return armed.key === rule.key ? armed : 'other-key';
}

import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { stage } from '../../ledger/stage.ts';
import { checkRule } from '../../rules/check-rule.ts';
import { type RuleWorld, readRule } from '../../rules/read-rule.ts';
import type { Rule } from '../../rules/rule.ts';
import { type ArmedText, armedTexts, armText } from './store.ts';

export type { ArmedText } from './store.ts';
export { armedTexts, versionOf } from './store.ts';

export type ArmCode = 'rule-refused';

/** An armed rule, read and ready; rules keep no state of their own. */
export interface ArmedRule {
  readonly rule: Rule;
  /** What the rule was read from. */
  readonly text: string;
  readonly armedAtMs: number;
}

const read = new Map<string, Rule>();
/** Versions kept ready at once; arming in a loop must not grow memory. */
const MOST_READ = 512;

/**
 * The armed rules as this transaction sees them. A text is read once for each version. A text that no
 * longer reads (an older program armed it) is left out and named to `onUnreadable`.
 */
export async function loadArmedRules(
  tx: Tx,
  world: RuleWorld,
  onUnreadable: (ruleId: string) => void = () => undefined,
): Promise<ArmedRule[]> {
  const armed: ArmedRule[] = [];
  for (const each of await armedTexts(tx)) {
    const rule = readOnce(each, world);
    if (rule === null) onUnreadable(each.ruleId);
    else armed.push({ rule, text: each.text, armedAtMs: each.armedAtMs });
  }
  return armed;
}

function readOnce(each: ArmedText, world: RuleWorld): Rule | null {
  const name = `${each.ruleId}@${each.version}`;
  const known = read.get(name);
  if (known !== undefined) return known;
  const rule = readRule(each.text, each.ruleId, world);
  if (!('where' in rule)) return null;
  if (read.size >= MOST_READ) read.clear();
  read.set(name, rule);
  return rule;
}

export interface ArmAsked {
  readonly ruleId: string;
  readonly text: string;
  /** The party that arms it, whose entry of the ledger it is; absent when the house does. */
  readonly partyId?: number;
  readonly actor: string;
  readonly atMs: number;
  /** The number of the back-test on which it is armed. */
  readonly backTest?: number;
}

export interface Armed {
  readonly rule: Rule;
  readonly isNew: boolean;
}

/** The rule of a text whose examples hold; refuses `rule-refused` with every fault, its place and its mend. */
export function soundRule(asked: { readonly ruleId: string; readonly text: string }, world: RuleWorld): Rule {
  const check = checkRule(asked.text, asked.ruleId, world);
  if (check.outcome === 'sound') return check.rule;
  throw new Refusal<ArmCode>('rule-refused', {
    subject: `rule/${asked.ruleId}`,
    detail: { faults: JSON.stringify(check.faults.slice(0, MOST_FAULTS)) },
  });
}
const MOST_FAULTS = 20;

/**
 * Checks a rule's text with its examples and arms it; the one armed before is retired. Recorded in the
 * ledger with the digest of the text. False when this very version is armed already.
 *
 * Every subject is to be judged again from the rule's reach on: the caller marks them dirty in the same
 * transaction. A rule that people arm goes by `armTested`.
 */
export async function armRule(tx: Tx, asked: ArmAsked, world: RuleWorld): Promise<Armed> {
  const rule = soundRule(asked, world);
  const { version } = rule;
  const isNew = await armText(tx, {
    ruleId: rule.id,
    version,
    text: asked.text,
    actor: asked.actor,
    atMs: asked.atMs,
  });
  if (isNew) {
    await stage(tx, {
      act: 'rule-armed',
      object: `rule/${rule.id}`,
      partyId: asked.partyId ?? null,
      actor: asked.actor,
      atMs: asked.atMs,
      detail: {
        version,
        text: world.digest(asked.text),
        ...(asked.backTest === undefined ? {} : { backTest: asked.backTest }),
      },
    });
  }
  return { rule, isNew };
}

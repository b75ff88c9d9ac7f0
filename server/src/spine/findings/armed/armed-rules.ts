import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { stage } from '../../ledger/stage.ts';
import { checkRule } from '../../rules/check-rule.ts';
import { type RuleWorld, readRule } from '../../rules/read-rule.ts';
import type { Rule } from '../../rules/rule.ts';
import { type ArmedText, armedTexts, armText } from './store.ts';

export type { ArmedText } from './store.ts';
export { armedTexts, versionOf } from './store.ts';

export type ArmCode = 'rule-refused' | 'rule-key-unsupported';

/** An armed rule, read and ready; rules keep no state of their own. */
export interface ArmedRule {
  readonly rule: Rule;
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
    else armed.push({ rule, armedAtMs: each.armedAtMs });
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

/**
 * Checks a rule's text with its examples and arms it; the one armed before is retired. Recorded in the
 * ledger with the digest of the text. False when this very version is armed already.
 *
 * Every subject is to be judged again from the rule's reach on: the caller marks them dirty in the same
 * transaction.
 */
export async function armRule(
  tx: Tx,
  asked: { ruleId: string; text: string; actor: string; atMs: number },
  world: RuleWorld,
): Promise<{ rule: Rule; isNew: boolean }> {
  const check = checkRule(asked.text, asked.ruleId, world);
  if (check.outcome === 'refused')
    throw new Refusal<ArmCode>('rule-refused', {
      subject: `rule/${asked.ruleId}`,
      detail: { faults: JSON.stringify(check.faults).slice(0, 4_000) },
    });
  const { rule } = check;
  if (rule.key !== 'subject')
    throw new Refusal<ArmCode>('rule-key-unsupported', {
      subject: `rule/${asked.ruleId}`,
      detail: { key: rule.key },
    });
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
      partyId: null,
      actor: asked.actor,
      atMs: asked.atMs,
      detail: { version, text: world.digest(asked.text) },
    });
  }
  return { rule, isNew };
}

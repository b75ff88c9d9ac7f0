import type { Tx } from '../kernel/database/transaction.ts';
import { ORDERED_IN_BATCH } from '../spine/cases/open.ts';
import { armedTexts } from '../spine/findings/armed/armed-rules.ts';
import { readRule } from '../spine/rules/read-rule.ts';
import type { RulesDoor } from './ports.ts';

/** What lists say of a rule beside its id. */
export interface RuleFacts {
  readonly title: { readonly en: string; readonly zh: string } | undefined;
  readonly suggests: string | null;
}

/** No rule found anything: somebody ordered for many. */
const orderedInBatch: RuleFacts = {
  title: { en: 'Ordered in a batch', zh: '批量下达' },
  suggests: null,
};
const unknown: RuleFacts = { title: undefined, suggests: null };

/** Titles of rules by id: of the armed version, otherwise of the one that ships. A text is read once. */
export function ruleTitles(door: RulesDoor): (tx: Tx) => Promise<(ruleId: string) => RuleFacts> {
  const known = new Map<string, RuleFacts>();
  const factsOf = (ruleId: string, text: string): RuleFacts => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const rule = readRule(text, ruleId, door.world);
    const facts = 'where' in rule ? { title: rule.title, suggests: rule.suggests } : unknown;
    known.set(text, facts);
    return facts;
  };
  return async tx => {
    const armed = new Map((await armedTexts(tx)).map(each => [each.ruleId, each.text]));
    return ruleId => {
      if (ruleId === ORDERED_IN_BATCH) return orderedInBatch;
      const text = armed.get(ruleId) ?? door.shipped.get(ruleId);
      return text === undefined ? unknown : factsOf(ruleId, text);
    };
  };
}

import { contributions } from '../../server/src/house.ts';
import { worldOf } from '../../server/src/spine/contribution.ts';
import { compileCel, isCelFault } from '../../server/src/spine/rules/cel/index.ts';
import {
  GENERATED_SCOPE,
  predicate,
  record,
} from '../../server/src/spine/rules/cel/testing/predicate-generator.ts';
import { checkRule } from '../../server/src/spine/rules/check-rule.ts';
import { disturbedText, NASTY, pick } from './disturb.ts';
import { type Draw, holds, type Target, target } from './target.ts';

const world = worldOf(contributions);

/** A whole rule with every part a rule may have, as short as it can be: most of a text's bytes then matter. */
const SMALL = `id: fuzzed
title: { en: Much, zh: 多 }
status: draft
reads: card-usage
key: subject
given: has(observation.bytes)
state:
  used: { operator: sum, of: observation.bytes, window: day }
  kinds: { operator: distinct, of: observation.imei, window: 48h }
where: state.used > 100 || state.kinds > 3
severity: high
evidence: { strength: low, refutedBy: { en: x, zh: x } }
guards:
  known: { title: { en: k, zh: k }, when: "observation.bytes == 700" }
basis: [{ source: a, clause: b }]
examples:
  fires:
    - { name: much, observations: [{ at: 2026-11-01T10:00:00Z, bytes: 200 }] }
  silent:
    - { name: little, observations: [{ at: 2026-11-01T10:00:00Z, bytes: 1 }] }
    - { name: k, guard: known, observations: [{ at: 2026-11-01T10:00:00Z, bytes: 700 }] }
`;
const PIECES = [
  ...NASTY,
  ': ',
  '- ',
  '\n',
  '\n  ',
  '&a ',
  '*a',
  '<<: *a',
  '!!js/function ',
  '!!binary ',
  '? ',
  '| \n',
  '>-\n',
  '---\n',
  '...\n',
  '%YAML 9.9\n',
  '0o17',
  '.inf',
  '2026-11-01',
  'window: 999999999d',
  'lookBack: 1ms',
  'operator: travel',
  'key: observation.imei',
];

function ruleText(draw: Draw): string {
  let text = SMALL;
  for (let times = draw(4); times > 0; times--) {
    if (draw(2) === 0) {
      const at = draw(text.length + 1);
      text = text.slice(0, at) + pick(draw, PIECES) + text.slice(at);
    } else text = disturbedText(draw, [text]);
  }
  return text.slice(0, 20_000);
}

/** What decides over cards is text that people write: rules, and the expressions in them. */
export const RULE_TARGETS: readonly Target[] = [
  target('rule-file', ruleText, text => {
    const check = checkRule(text, 'fuzzed', world);
    if (check.outcome === 'sound') return;
    holds(check.faults.length > 0, 'refused without a fault');
    for (const { line, column, message, mend } of check.faults) {
      holds(line >= 1 && column >= 1, `a fault at ${line}:${column}`);
      holds(
        [message.en, message.zh, mend.en, mend.zh].every(said => said !== ''),
        'a fault without words',
      );
    }
  }),
  target(
    'cel',
    draw => ({ source: disturbedText(draw, [predicate(draw, 3), predicate(draw, 2)]), record: record(draw) }),
    ({ source, record: one }) => {
      const program = compileCel(source, GENERATED_SCOPE);
      if (isCelFault(program)) holds(program.line >= 1 && program.column >= 1, 'a fault without a place');
      else for (const each of [one, {}, { observation: null, bound: 7 }]) program.evaluate(each);
    },
  ),
];

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { cardUsage } from '../../server/src/modules/cards/model.ts';
import { boundSchema } from '../../server/src/modules/cards/terms.ts';
import { checkRule } from '../../server/src/spine/rules/check-rule.ts';
import type { RuleWorld } from '../../server/src/spine/rules/read-rule.ts';
import type { Rule } from '../../server/src/spine/rules/rule.ts';

/** The cards' own use and terms, so that the shipped rules are tried in the world they ship for. */
export const useOfCards = cardUsage;

export const trialWorld: RuleWorld = {
  kinds: [useOfCards],
  boundSchema,
  measures: ['suspend-card'],
  digest: text => createHash('sha256').update(text).digest('hex'),
};

/**
 * Ten of the rules that ship for cards, which trials with fleets of their own fire; one keyed by a field last. Every
 * rule that ships is in `packIds`.
 */
export const shippedIds = [
  'card-in-another-device',
  'handset-tac',
  'region-breach',
  'impossible-travel',
  'data-cap',
  'daily-data-cap',
  'data-burst',
  'sms-or-voice',
  'dormant-card-wakes',
  'one-imei-many-cards',
] as const;

/** Every rule that ships for the use of cards, those keyed by a field last. */
export const packIds: readonly string[] = readdirSync(new URL('../../content/rules/cards/', import.meta.url))
  .filter(name => name.endsWith('.yaml'))
  .map(name => name.slice(0, -'.yaml'.length))
  .filter(id => /^reads: card-usage$/m.test(shippedText(id)))
  .sort((a, b) => Number(isFieldKeyed(a)) - Number(isFieldKeyed(b)) || (a < b ? -1 : 1));

function isFieldKeyed(id: string): boolean {
  return /^key: observation/m.test(shippedText(id));
}

export function shippedText(id: string): string {
  return readFileSync(new URL(`../../content/rules/cards/${id}.yaml`, import.meta.url), 'utf8');
}

export function shippedRule(id: string): Rule {
  return soundRule(shippedText(id), id);
}

/** The rule of the text; throws the first fault, in English, when it is refused. */
export function soundRule(text: string, id: string): Rule {
  const check = checkRule(text, id, trialWorld);
  if (check.outcome === 'sound') return check.rule;
  throw new Error(
    check.faults.map(f => `${f.line}:${f.column} ${f.path} ${f.message.en} ${f.mend.en}`).join('\n'),
  );
}

import type { TermValue } from '../../terms.ts';
import { type Clauses, splitRegions } from '../clauses.ts';
import type { Opening } from './store.ts';

/** Why an opening goes beyond what the contract lets be opened, or null; pure. */
export function ceilingFault(
  clauses: Clauses,
  { what, value }: Pick<Opening, 'what' | 'value'>,
): string | null {
  if (what === 'cap') {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value <= 0) return 'value-missing';
    return value > (clauses.capBytes ?? 0) ? 'cap-not-agreed' : null;
  }
  if (what === 'region') {
    if (!Array.isArray(value) || value.length === 0) return 'value-missing';
    const agreed = new Set(clauses.regions ?? []);
    // A network lies within its country.
    return value.every(each => agreed.has(each) || agreed.has(each.slice(0, 3))) ? null : 'region-not-agreed';
  }
  if (value !== null) return 'value-means-nothing';
  return clauses.functions?.includes(what) === true ? null : 'function-not-agreed';
}

/** What an approved opening adds to the terms of its cards. */
export function openedTerms({ what, value }: Pick<Opening, 'what' | 'value'>): Record<string, TermValue> {
  if (what === 'sms') return { smsAllowed: true };
  if (what === 'voice') return { voiceAllowed: true };
  if (what === 'handset') return { handsetAllowed: true };
  if (what === 'general-data') return { generalData: true };
  if (what === 'cap') return { capBytes: value as number };
  return { ...splitRegions(value as readonly string[]) };
}

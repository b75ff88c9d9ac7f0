import type { DatedFact, FieldType, Terms } from '../../spine/contribution.ts';

/**
 * Terms that bind a card, as rules see them under `bound` (cards.md §6.1). A term nobody stated is absent.
 *
 * `mccs` are the countries agreed; with `plmns` beside them, networks that are allowed wherever they are. An
 * empty `mccs` with `plmns` means those networks only. `imeis` are 14-digit keys.
 */
export const boundSchema = {
  imeis: 'string-list',
  imeiPool: 'string',
  tacs: 'string-list',
  mccs: 'string-list',
  plmns: 'string-list',
  capBytes: 'int',
  capWindow: 'string',
  smsAllowed: 'bool',
  voiceAllowed: 'bool',
  swapWindow: 'bool',
  class: 'string',
  scenario: 'string',
  zone: 'string',
} as const satisfies Record<string, FieldType>;

/** Kinds of dated fact the module writes; a binding and a pool's device carry the IMEI in their kind, since a fact is known by subject, kind and beginning. */
export const FACTS = {
  restriction: 'restriction',
  swapWindow: 'swap-window',
  binding: 'binding/',
  poolDevice: 'pool-device/',
} as const;

type TermValue = string | number | boolean | readonly string[];

/**
 * The terms in force at a moment, out of everything dated that concerns the card: its own facts override
 * those of its contract, a later beginning overrides an earlier one. Devices add up: those the card is bound
 * to, those of its pool, and the nearest list a restriction states.
 *
 * Validity is half-open: in force from `fromMs`, no longer at `toMs`. Facts of another shape are passed over.
 */
export function boundAt(facts: readonly DatedFact[], atMs: number): Terms {
  const inForce = facts
    .filter(fact => fact.fromMs <= atMs && atMs < fact.toMs)
    .sort(farthestAndEarliestFirst);
  const terms: Record<string, TermValue> = {};
  const devices = new Set<string>();
  let isSwapDeclared = false;
  for (const fact of inForce) {
    if (fact.kind === FACTS.restriction) Object.assign(terms, stated(fact.body));
    else if (fact.kind === FACTS.swapWindow) isSwapDeclared = true;
    else if (fact.kind.startsWith(FACTS.binding)) devices.add(fact.kind.slice(FACTS.binding.length));
    else if (fact.kind.startsWith(FACTS.poolDevice)) {
      devices.add(fact.kind.slice(FACTS.poolDevice.length));
      if (typeof fact.body.pool === 'string') terms.imeiPool = fact.body.pool;
    }
  }
  if (devices.size > 0) {
    const listed = Array.isArray(terms.imeis) ? (terms.imeis as string[]) : [];
    terms.imeis = [...new Set([...devices, ...listed])].sort();
  }
  return { ...terms, swapWindow: isSwapDeclared };
}

function farthestAndEarliestFirst(a: DatedFact, b: DatedFact): number {
  if (a.distance !== b.distance) return b.distance - a.distance;
  if (a.fromMs === b.fromMs) return 0;
  return a.fromMs < b.fromMs ? -1 : 1;
}

/** The terms of a restriction's body that have the type the schema says. */
function stated(body: DatedFact['body']): Record<string, TermValue> {
  const terms: Record<string, TermValue> = {};
  for (const [name, type] of Object.entries(boundSchema)) {
    const value = body[name];
    if (name !== 'swapWindow' && hasType(value, type)) terms[name] = value;
  }
  return terms;
}

function hasType(value: unknown, type: FieldType): value is TermValue {
  if (type === 'string-list') return Array.isArray(value) && value.every(item => typeof item === 'string');
  if (type === 'int') return typeof value === 'number' && Number.isSafeInteger(value);
  return typeof value === (type === 'bool' ? 'boolean' : 'string');
}

import type { Registration } from '../registration.ts';
import { BY_RECORDS } from '../stated/store.ts';
import { type AliasState, type FactState, keyOf, type LinkState, type State } from './state.ts';

export const ALWAYS = -Number.MAX_SAFE_INTEGER;
export const FOREVER = Number.MAX_SAFE_INTEGER;
/** Years 1 to 9999: what both ends of a validity are read within. */
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00Z');
const LATEST_MS = Date.parse('9999-12-31T00:00:00Z');
const LONGEST_TEXT = 500;
const LONGEST_BODY = 20_000;

/** One row of a table, already in the registry's terms. */
export interface Row {
  readonly place: string;
  readonly asks: { readonly registrations: readonly Registration[] } | { readonly refused: string };
}

export interface RowOutcome {
  readonly place: string;
  readonly outcome: 'registered' | 'unchanged' | 'refused';
  readonly reason?: string;
}

/** What changed of a subject, and from when on. */
export interface Touch {
  readonly owner: string;
  readonly fromMs: number;
  readonly what: 'class' | 'alias' | 'link' | 'fact';
  /** For an alias: the claim whose bearers changed. */
  readonly claim?: string;
}

export interface Plan {
  readonly outcomes: readonly RowOutcome[];
  readonly touches: readonly Touch[];
}

/**
 * Applies rows to the state in memory, in their order; what is to be written is read off the state. A row is
 * taken whole or refused whole. The same row again changes nothing; a changed one retires what it corrects
 * and adds what holds now. Two rows of one table that contradict each other: the second is refused.
 */
export function planRows(state: State, rows: readonly Row[], statedBy: string): Plan {
  const touches: Touch[] = [];
  const outcomes = rows.map(({ place, asks }): RowOutcome => {
    if ('refused' in asks) return { place, outcome: 'refused', reason: asks.refused };
    const reason = faultOf(state, asks.registrations, statedBy);
    if (reason !== null) return { place, outcome: 'refused', reason };
    const hasChanged = asks.registrations.map(each => apply(state, each, statedBy, touches)).includes(true);
    return { place, outcome: hasChanged ? 'registered' : 'unchanged' };
  });
  return { outcomes, touches };
}

function faultOf(state: State, registrations: readonly Registration[], statedBy: string): string | null {
  const made = new Set(registrations.flatMap(each => (each.do === 'subject' ? [keyOf(each)] : [])));
  for (const each of registrations) {
    const unstorable = textsOf(each).find(text => !isStorable(text));
    if (unstorable !== undefined) return 'text-unstorable';
    for (const named of each.do === 'link' ? [each.from, each.to] : [each]) {
      const key = keyOf(named);
      if (!made.has(key) && !state.subjects.has(key))
        return `not-registered: ${named.kind} ${named.reference}`;
    }
    if (each.do === 'subject') continue;
    const [fromMs, toMs] = validityOf(each);
    if (!isInstant(fromMs) || !isInstant(toMs)) return 'time-out-of-range';
    if (fromMs >= toMs) return 'ends-before-it-begins';
    if (contradicts(state, each, statedBy)) return 'contradicts-an-earlier-row';
  }
  return null;
}

/** Whether this very table said otherwise before, in a way that only one of the two can hold. */
function contradicts(state: State, asked: Registration, statedBy: string): boolean {
  if (asked.do === 'fact') {
    const before = sameFact(state, asked);
    return before?.statedBy === statedBy && !isSameFact(before, asked);
  }
  if (asked.do !== 'link' || asked.replaces !== true) return false;
  const [fromMs] = validityOf(asked);
  return linksOf(state, asked).some(
    link => link.fromMs === fromMs && link.to !== keyOf(asked.to) && link.statedBy === statedBy,
  );
}

function apply(state: State, asked: Registration, statedBy: string, touches: Touch[]): boolean {
  if (asked.do === 'subject') return applySubject(state, asked, touches);
  if (asked.do === 'alias') return applyAlias(state, asked, statedBy, touches);
  if (asked.do === 'link') return applyLink(state, asked, statedBy, touches);
  return applyFact(state, asked, statedBy, touches);
}

type Asked<Do extends Registration['do']> = Extract<Registration, { do: Do }>;

function applySubject(state: State, asked: Asked<'subject'>, touches: Touch[]): boolean {
  const { kind, reference, attributes = {} } = asked;
  const key = keyOf(asked);
  const known = state.subjects.get(key);
  if (known === undefined) {
    state.subjects.set(key, {
      id: null,
      kind,
      reference,
      class: asked.class ?? null,
      attributes,
      isChanged: true,
    });
    return true;
  }
  const hasNewClass = asked.class !== undefined && asked.class !== known.class;
  const hasNewAttributes = Object.entries(attributes).some(
    ([name, value]) => known.attributes[name] !== value,
  );
  if (!hasNewClass && !hasNewAttributes) return false;
  if (hasNewClass) {
    known.class = asked.class ?? null;
    touches.push({ owner: key, fromMs: ALWAYS, what: 'class' });
  }
  known.attributes = { ...known.attributes, ...attributes };
  known.isChanged = true;
  return true;
}

function applyAlias(state: State, asked: Asked<'alias'>, statedBy: string, touches: Touch[]): boolean {
  const owner = keyOf(asked);
  const { claim } = asked;
  const [fromMs, toMs] = validityOf(asked);
  const isRegistered = (each: AliasState): boolean =>
    each.claim === claim && each.fromMs === fromMs && each.statedBy !== BY_RECORDS;
  const before = state.aliases.of(owner).find(isRegistered);
  if (before?.toMs === toMs) return false;
  if (before !== undefined) state.aliases.retire(before);
  const alias: AliasState = { id: null, owner, claim, fromMs, toMs, statedBy };
  state.aliases.add(alias);
  const since = before === undefined ? fromMs : Math.min(before.toMs, toMs);
  touches.push({ owner, fromMs: since, what: 'alias', claim });
  return true;
}

function linksOf(state: State, asked: Asked<'link'>): LinkState[] {
  return state.links.of(keyOf(asked.from)).filter(link => link.kind === asked.linkKind);
}

function applyLink(state: State, asked: Asked<'link'>, statedBy: string, touches: Touch[]): boolean {
  const owner = keyOf(asked.from);
  const to = keyOf(asked.to);
  const [fromMs, askedToMs] = validityOf(asked);
  const others = linksOf(state, asked).filter(link => link.to !== to || link.fromMs !== fromMs);
  const before = linksOf(state, asked).find(link => link.to === to && link.fromMs === fromMs);
  const isOnly = asked.replaces === true;
  // A later link of the same kind already ended this one: the same row again leaves it so.
  const next = isOnly ? others.filter(link => link.fromMs > fromMs).map(link => link.fromMs) : [];
  const toMs = Math.min(askedToMs, ...next);
  const displaced = isOnly ? others.filter(link => link.fromMs <= fromMs && link.toMs > fromMs) : [];
  if (before?.toMs === toMs && displaced.length === 0) return false;
  let since = before === undefined ? fromMs : Math.min(before.toMs, toMs);
  for (const link of displaced) {
    state.links.retire(link);
    if (link.fromMs < fromMs) state.links.add({ ...link, id: null, toMs: fromMs, statedBy });
    since = Math.min(since, fromMs);
  }
  if (before?.toMs !== toMs) {
    if (before !== undefined) state.links.retire(before);
    state.links.add({ id: null, owner, kind: asked.linkKind, to, fromMs, toMs, statedBy });
  }
  touches.push({ owner, fromMs: since, what: 'link' });
  return true;
}

function sameFact(state: State, asked: Asked<'fact'>): FactState | undefined {
  const [fromMs] = validityOf(asked);
  return state.facts.of(keyOf(asked)).find(fact => fact.kind === asked.factKind && fact.fromMs === fromMs);
}

function isSameFact(fact: FactState, asked: Asked<'fact'>): boolean {
  return fact.toMs === validityOf(asked)[1] && isSame(fact.body, asked.body);
}

function applyFact(state: State, asked: Asked<'fact'>, statedBy: string, touches: Touch[]): boolean {
  const before = sameFact(state, asked);
  if (before !== undefined && isSameFact(before, asked)) return false;
  const owner = keyOf(asked);
  const [fromMs, toMs] = validityOf(asked);
  if (before !== undefined) state.facts.retire(before);
  state.facts.add({ id: null, owner, kind: asked.factKind, fromMs, toMs, body: asked.body, statedBy });
  const hasSameBody = before !== undefined && isSame(before.body, asked.body);
  touches.push({ owner, fromMs: hasSameBody ? Math.min(before.toMs, toMs) : fromMs, what: 'fact' });
  return true;
}

function validityOf(asked: { readonly fromMs?: number; readonly toMs?: number }): [number, number] {
  return [asked.fromMs ?? ALWAYS, asked.toMs ?? FOREVER];
}

function isInstant(ms: number): boolean {
  return (
    ms === ALWAYS || ms === FOREVER || (Number.isSafeInteger(ms) && ms >= EARLIEST_MS && ms <= LATEST_MS)
  );
}

function textsOf(asked: Registration): string[] {
  if (asked.do === 'subject') {
    return [asked.kind, asked.reference, asked.class ?? '', ...Object.entries(asked.attributes ?? {}).flat()];
  }
  if (asked.do === 'alias') return [asked.kind, asked.reference, asked.claim];
  if (asked.do === 'link') return [asked.linkKind];
  return [asked.factKind, JSON.stringify(asked.body)];
}

/** PostgreSQL holds no NUL and no lone surrogate; a very long text is a broken table, not a name. */
function isStorable(text: string): boolean {
  const isBody = text.startsWith('{');
  const longest = isBody ? LONGEST_BODY : LONGEST_TEXT;
  return (
    text.isWellFormed() &&
    !text.includes('\0') &&
    !(isBody && text.includes('\\u0000')) &&
    text.length <= longest
  );
}

/** Whether two JSON values say the same, whatever the order of their keys. */
function isSame(a: unknown, b: unknown): boolean {
  return sorted(a) === sorted(b);
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([x], [y]) => (x < y ? -1 : 1)))
      : item,
  );
}

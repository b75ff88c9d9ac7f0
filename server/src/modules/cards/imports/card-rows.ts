import type { Registered, TableRow } from '../../../spine/contribution.ts';
import { FACTS } from '../restrictions.ts';
import { CONTRACT, DEVICE_POOL } from './registration.ts';
import { restrictionCells } from './restriction-cells-of.ts';

/** Columns of claims by the prefix of a claim. */
const CLAIM_COLUMNS: Readonly<Record<string, string>> = {
  iccid: 'iccid_alias',
  imsi: 'imsi',
  msisdn: 'msisdn',
  eid: 'eid',
  sim: 'provider_sim',
};

/**
 * The rows of the table of cards of which a card was made, or might have been: one for each span of time in which
 * something holds of it. Read again they register nothing new (C-29). What other tables state of a card, and what was
 * retired, is none of it.
 */
export function cardRows(attributes: Readonly<Record<string, string>>): (card: Registered) => TableRow[] {
  return card => {
    // As it is printed, check digit and all: what was registered of that is worked out again.
    const iccid = card.attributes['printed'] ?? card.reference;
    const rows = new Map<string, Record<string, string>>();
    const at = ({ fromMs, toMs }: { fromMs: number; toMs: number }): Record<string, string> => {
      const [from, to] = [bound(fromMs), bound(toMs)];
      const key = `${from} ${to}`;
      const row = rows.get(key) ?? { iccid, ...told(card, attributes), from, to };
      rows.set(key, row);
      return row;
    };
    for (const { claim, ...span } of card.aliases) {
      const cut = claim.indexOf(':');
      const [kind, value] = [claim.slice(0, cut), claim.slice(cut + 1)];
      const column = CLAIM_COLUMNS[kind];
      if (column !== undefined && claim !== `iccid:${card.reference}`) add(at(span), column, value);
    }
    for (const link of card.links) {
      if (link.direction !== 'to') continue;
      if (link.kind === 'under' && link.subjectKind === CONTRACT) add(at(link), 'contract', link.reference);
      if (link.kind === 'in' && link.subjectKind === DEVICE_POOL) add(at(link), 'pool', link.reference);
    }
    for (const fact of card.facts)
      if (fact.kind === FACTS.restriction) Object.assign(at(fact), restrictionCells(fact.body));
    if (rows.size === 0) return [{ iccid, ...told(card, attributes) }];
    return [...rows.values()];
  };
}

function told(card: Registered, attributes: Readonly<Record<string, string>>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [attribute, column] of Object.entries(attributes)) {
    const value = card.attributes[attribute];
    if (typeof value === 'string') found[column] = value;
  }
  return found;
}

function add(row: Record<string, string>, column: string, value: string): void {
  row[column] = row[column] === undefined ? value : `${row[column]} ${value}`;
}

/** A validity without a beginning or an end has none in the table. */
function bound(ms: number): string {
  return Math.abs(ms) === Number.MAX_SAFE_INTEGER ? '' : new Date(ms).toISOString();
}

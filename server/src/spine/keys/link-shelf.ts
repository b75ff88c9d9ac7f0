import { DAY_MS } from '../../kernel/time.ts';
import type { Link } from '../observations/links/store.ts';
import { valueId } from './field-keys.ts';

/** Links kept at once; beyond it the shelf begins anew. */
const MOST_LINKS = 100_000;

interface Days {
  first: number;
  last: number;
}

/**
 * Links that are stored for certain, by their days, kept between commits: a card tells the same device in nearly every
 * record, and the database need not be asked each time. Links are never taken away, and only judging notes them; what a
 * commit that failed noted is dropped with everything judging remembers.
 */
export class LinkShelf {
  readonly #links = new Map<string, Days>();
  readonly #values = new Set<string>();

  clear(): void {
    this.#links.clear();
    this.#values.clear();
  }

  /** Those of the links that are not stored for all their days, as far as is known here. */
  missing(links: readonly Link[]): Link[] {
    return links.filter(link => {
      const known = this.#links.get(linkId(link));
      return known === undefined || dayOf(link.firstMs) < known.first || dayOf(link.lastMs) > known.last;
    });
  }

  /** Whether some claim was observed with the value; false when that is not known here. */
  knowsValue(id: string): boolean {
    return this.#values.has(id);
  }

  /** Takes over links that this transaction has noted. */
  keep(links: readonly Link[]): void {
    if (this.#links.size + links.length > MOST_LINKS) this.clear();
    for (const link of links) {
      const [first, last] = [dayOf(link.firstMs), dayOf(link.lastMs)];
      const known = this.#links.get(linkId(link));
      if (known === undefined) this.#links.set(linkId(link), { first, last });
      else Object.assign(known, { first: Math.min(known.first, first), last: Math.max(known.last, last) });
      this.#values.add(valueId(link));
    }
  }
}

/** A link by what makes it one; none of the texts holds a NUL, for no database would. */
export function linkId({ kind, field, value, partyId, claim }: Omit<Link, 'firstMs' | 'lastMs'>): string {
  return `${kind}\0${field}\0${value}\0${partyId}\0${claim}`;
}

function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

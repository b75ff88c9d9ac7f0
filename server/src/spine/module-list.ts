import { Type } from 'typebox';
import type { Tx } from '../kernel/database/transaction.ts';
import { rfc3339 } from '../kernel/time.ts';
import { type ModuleRoute, moduleRoute } from './module-route.ts';

/** Query of a list that is paged by the number of its last item. */
export const listQuery = {
  after: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,14}$' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
};

/** Where a list goes on and how far; one row more than shown says whether there is more. */
export function pageAsked(query: { readonly after?: string; readonly limit?: number }): {
  readonly afterId: number;
  readonly limit: number;
  readonly rows: number;
} {
  const limit = query.limit ?? 100;
  return { afterId: Number(query.after ?? 0), limit, rows: limit + 1 };
}

/** A page out of up to `limit + 1` rows. */
export function numberedPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  idOf: (row: Row) => number,
  show: (row: Row) => Item,
): { readonly items: readonly Item[]; readonly next: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { items: shown.map(show), next: hasMore ? String(idOf(last)) : null };
}

/** The plain list at an address: everything of a party, by its number, for whoever may read the registry. */
export function numberedList<Row, Item>(asked: {
  readonly path: string;
  readonly tag: string;
  readonly read: (tx: Tx, afterId: number, rows: number) => Promise<readonly Row[]>;
  readonly idOf: (row: Row) => number;
  readonly show: (row: Row) => Item;
}): ModuleRoute {
  const { path, tag, read, idOf, show } = asked;
  return moduleRoute({
    method: 'GET',
    path,
    right: 'registry:read',
    tag,
    query: listQuery,
    answer: async (hand, { query }) => {
      const { afterId, limit, rows } = pageAsked(query);
      const found = await hand.database.door(hand.actor.partyId, tx => read(tx, afterId, rows));
      return numberedPage(found, limit, idOf, show);
    },
  });
}

/** An instant of a validity, or null where it has no end that way. */
export function bounded(ms: number | null): string | null {
  return ms === null || Math.abs(ms) === Number.MAX_SAFE_INTEGER ? null : rfc3339(ms);
}

import { type RawBuilder, sql } from 'kysely';

/** A `where` of those conditions that are asked for; nothing when none is. */
export function conditions(asked: readonly (RawBuilder<unknown> | false)[]): RawBuilder<unknown> {
  const wanted = asked.filter(condition => condition !== false);
  return wanted.length === 0 ? sql`` : sql`where ${sql.join(wanted, sql` and `)}`;
}

import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';
import type { HookScheme } from './proof.ts';

/** The only SQL over source_hook. */
export interface HookRow {
  readonly hookId: string;
  readonly partyId: number;
  readonly sourceId: number;
  readonly scheme: HookScheme;
  /** Name of the header that proves the sender, in lower case. */
  readonly header: string;
  readonly madeBy: string;
  readonly madeAtMs: number;
  readonly endedAtMs: number | null;
}

const columns = sql`
  hook_id as "hookId", party_id as "partyId", source_id as "sourceId", scheme, header, made_by as "madeBy",
  made_at as "madeAtMs", ended_at as "endedAtMs"`;

export async function addHook(tx: Tx, hook: Omit<HookRow, 'endedAtMs'>): Promise<void> {
  await sql`
    insert into source_hook (hook_id, party_id, source_id, scheme, header, made_by, made_at)
    values (${hook.hookId}, ${hook.partyId}, ${hook.sourceId}, ${hook.scheme}, ${hook.header}, ${hook.madeBy},
      ${at(hook.madeAtMs)})`.execute(tx);
}

export async function liveHooksOf(tx: Tx, sourceId: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from source_hook where source_id = ${sourceId} and ended_at is null`.execute(
    tx,
  );
  return rows[0]?.count ?? 0;
}

export async function hooksOf(tx: Tx, sourceId: number): Promise<HookRow[]> {
  const { rows } = await sql<HookRow>`
    select ${columns} from source_hook where source_id = ${sourceId} order by made_at, hook_id limit 200`.execute(
    tx,
  );
  return rows;
}

/** False when there is no such hook, or it has ended. */
export async function endHook(tx: Tx, hookId: string, atMs: number): Promise<boolean> {
  const { rows } = await sql`
    update source_hook set ended_at = ${at(atMs)} where hook_id = ${hookId} and ended_at is null
    returning hook_id`.execute(tx);
  return rows.length > 0;
}

/** The hook of a push, whosesoever it is. */
export async function hookInUse(tx: Tx, hookId: string): Promise<HookRow | undefined> {
  const { rows } = await sql<HookRow>`select ${columns} from source_hook_in_use(${hookId})`.execute(tx);
  return rows[0];
}

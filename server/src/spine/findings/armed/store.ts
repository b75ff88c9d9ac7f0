import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** SQL over rule_version: which text of which rule is armed. */

export interface ArmedText {
  readonly ruleId: string;
  readonly version: string;
  readonly text: string;
  readonly armedAtMs: number;
  readonly armedBy: string;
  readonly retiredAtMs: number | null;
}

const columns = sql`
  rule_id as "ruleId", version, text, armed_at as "armedAtMs", armed_by as "armedBy", retired_at as "retiredAtMs"`;

export async function armedTexts(tx: Tx): Promise<ArmedText[]> {
  const { rows } = await sql<ArmedText>`
    select ${columns} from rule_version where retired_at is null order by rule_id`.execute(tx);
  return rows;
}

export async function versionOf(tx: Tx, ruleId: string, version: string): Promise<ArmedText | undefined> {
  const { rows } = await sql<ArmedText>`
    select ${columns} from rule_version where rule_id = ${ruleId} and version = ${version}`.execute(tx);
  return rows[0];
}

/** Arms a text and retires the one armed before it; false when this very version is armed already. */
export async function armText(
  tx: Tx,
  rule: { ruleId: string; version: string; text: string; actor: string; atMs: number },
): Promise<boolean> {
  await sql`select pg_advisory_xact_lock(7402, hashtext(${rule.ruleId}))`.execute(tx);
  const present = await versionOf(tx, rule.ruleId, rule.version);
  if (present !== undefined && present.retiredAtMs === null) return false;
  await sql`
    update rule_version set retired_at = ${at(rule.atMs)} where rule_id = ${rule.ruleId} and retired_at is null`.execute(
    tx,
  );
  await sql`
    insert into rule_version (rule_id, version, text, armed_at, armed_by)
    values (${rule.ruleId}, ${rule.version}, ${rule.text}, ${at(rule.atMs)}, ${rule.actor})
    on conflict (rule_id, version) do update set retired_at = null, armed_at = excluded.armed_at, armed_by = excluded.armed_by`.execute(
    tx,
  );
  return true;
}

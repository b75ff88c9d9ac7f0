import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';
import type { ExportFormat } from '../archive.ts';
import type { Purpose } from '../export-table.ts';

/** The only SQL over clear_export, clear_export_decision, clear_export_take and clear_export_given. */

export const DECISIONS = ['confirmed', 'refused', 'withdrawn', 'expired'] as const;
export type Decision = (typeof DECISIONS)[number];

/** An export in the clear that waits for a second person, or did (C-54). */
export interface ClearExport {
  readonly clearExportId: number;
  readonly partyId: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Null where all sets of the table of elements are meant. */
  readonly sets: readonly string[] | null;
  readonly format: ExportFormat;
  readonly zone: string | null;
  readonly purpose: Purpose;
  /** The legal basis: law and clause. */
  readonly ground: string;
  /** The authority's file number, or the case. */
  readonly reference: string;
  readonly why: string;
  /** 32 bytes in hexadecimal: with them `{reference, why}` opens the commitment in the ledger. */
  readonly salt: string;
  /** Persons in it when it was proposed; how many one reader may see on a day, null where nothing limits it. */
  readonly persons: number;
  readonly most: number | null;
  readonly proposedBy: string;
  readonly proposedAtMs: number;
  readonly expiresAtMs: number;
  /** Null while it waits. */
  readonly decision: Decision | null;
  readonly decidedBy: string | null;
  readonly decidedAtMs: number | null;
  readonly note: string | null;
  readonly isBeyondDay: boolean | null;
  readonly takeUntilMs: number | null;
  /** How often its taking began. */
  readonly takes: number;
  readonly givenAtMs: number | null;
  readonly manifestSha256: string | null;
}

const columns = sql`
  c.clear_export_id as "clearExportId", c.party_id as "partyId", c.period_from as "fromMs", c.period_to as "toMs", c.sets,
  c.format, c.zone, c.purpose, c.ground, c.reference, c.why, encode(c.salt, 'hex') as salt, c.persons, c.most, c.proposed_by as "proposedBy",
  c.proposed_at as "proposedAtMs", c.expires_at as "expiresAtMs", d.decision, d.actor as "decidedBy",
  d.at as "decidedAtMs", d.note, d.beyond_day as "isBeyondDay", d.take_until as "takeUntilMs",
  (select count(*) from clear_export_take t where t.clear_export_id = c.clear_export_id) as takes,
  g.at as "givenAtMs", g.manifest_sha256 as "manifestSha256"`;
const source = sql`clear_export c
  left join clear_export_decision d on d.clear_export_id = c.clear_export_id
  left join clear_export_given g on g.clear_export_id = c.clear_export_id`;

/** What is proposed, before anybody decided. */
export type Proposed = Omit<
  ClearExport,
  | 'clearExportId'
  | 'decision'
  | 'decidedBy'
  | 'decidedAtMs'
  | 'note'
  | 'isBeyondDay'
  | 'takeUntilMs'
  | 'takes'
  | 'givenAtMs'
  | 'manifestSha256'
>;

export async function insertClearExport(tx: Tx, one: Proposed): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into clear_export (party_id, period_from, period_to, sets, format, zone, purpose, ground, reference, why, salt,
      persons, most, proposed_by, proposed_at, expires_at)
    values (${one.partyId}, ${at(one.fromMs)}, ${at(one.toMs)}, ${one.sets === null ? null : [...one.sets]}::text[],
      ${one.format}, ${one.zone}, ${one.purpose}, ${one.ground}, ${one.reference}, ${one.why},
      decode(${one.salt}, 'hex'), ${one.persons},
      ${one.most}, ${one.proposedBy}, ${at(one.proposedAtMs)}, ${at(one.expiresAtMs)})
    returning clear_export_id as id`.execute(tx);
  return rows[0]!.id;
}

/** False when somebody decided first: two at once come one after the other. */
export async function insertDecision(
  tx: Tx,
  of: ClearExport,
  one: {
    readonly decision: Decision;
    readonly actor: string;
    readonly note: string;
    readonly isBeyondDay: boolean;
    readonly atMs: number;
    readonly takeUntilMs: number | null;
  },
): Promise<boolean> {
  const until = one.takeUntilMs === null ? sql`null` : at(one.takeUntilMs);
  const { rows } = await sql`
    insert into clear_export_decision (clear_export_id, party_id, decision, actor, note, beyond_day, at, take_until)
    values (${of.clearExportId}, ${of.partyId}, ${one.decision}, ${one.actor}, ${one.note}, ${one.isBeyondDay},
      ${at(one.atMs)}, ${until})
    on conflict (clear_export_id) do nothing returning 1`.execute(tx);
  return rows.length > 0;
}

export async function insertTake(tx: Tx, of: ClearExport, actor: string, atMs: number): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into clear_export_take (clear_export_id, party_id, actor, at)
    values (${of.clearExportId}, ${of.partyId}, ${actor}, ${at(atMs)}) returning take_id as id`.execute(tx);
  return rows[0]!.id;
}

/** False when it was given out whole before. */
export async function insertGiven(
  tx: Tx,
  of: ClearExport,
  one: { readonly takeId: number; readonly manifestSha256: string; readonly atMs: number },
): Promise<boolean> {
  const { rows } = await sql`
    insert into clear_export_given (clear_export_id, take_id, party_id, manifest_sha256, at)
    values (${of.clearExportId}, ${one.takeId}, ${of.partyId}, ${one.manifestSha256}, ${at(one.atMs)})
    on conflict (clear_export_id) do nothing returning 1`.execute(tx);
  return rows.length > 0;
}

/** Whether both still hold the roles of their part; they stay until this transaction ends. */
export async function holdsRoles(tx: Tx, partyId: number, proposer: string, other: string): Promise<boolean> {
  const { rows } = await sql<{ yes: boolean }>`
    select clear_export_roles(${partyId}, ${proposer}, ${other}) as yes`.execute(tx);
  return rows[0]!.yes;
}

export async function clearExportById(tx: Tx, clearExportId: number): Promise<ClearExport | undefined> {
  const { rows } = await sql<ClearExport>`
    select ${columns} from ${source} where c.clear_export_id = ${clearExportId}`.execute(tx);
  return rows[0];
}

/** The newest first, before a number; only those that wait at a moment, or that do not. */
export async function listClearExports(
  tx: Tx,
  waiting: { readonly is: boolean; readonly atMs: number } | undefined,
  before: number | null,
  limit: number,
): Promise<ClearExport[]> {
  const waits =
    waiting === undefined
      ? sql`true`
      : sql`(d.decision is null and c.expires_at > ${at(waiting.atMs)}) = ${waiting.is}`;
  const { rows } = await sql<ClearExport>`
    select ${columns} from ${source}
    where ${waits} and (${before}::bigint is null or c.clear_export_id < ${before})
    order by c.clear_export_id desc limit ${limit}`.execute(tx);
  return rows;
}

/** Undecided proposals whose time is over, of all parties, the longest over first. */
export async function expiredClearExports(tx: Tx, nowMs: number, limit: number): Promise<ClearExport[]> {
  const { rows } = await sql<ClearExport>`
    select ${columns} from ${source} where d.decision is null and c.expires_at <= ${at(nowMs)}
    order by c.expires_at, c.clear_export_id limit ${limit}`.execute(tx);
  return rows;
}

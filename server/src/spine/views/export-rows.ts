import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../../kernel/database/transaction.ts';
import { at } from '../../kernel/database/values.ts';

/**
 * Read-only SQL of what the spine supplies to an export: each table is a log, taken by the moment at which something
 * came in or changed, so that periods that follow each other hold everything once. Row-level security decides whose.
 */

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export type LogRow = { readonly id: number } & Readonly<Record<string, string | number | boolean | null>>;

function within(moment: RawBuilder<unknown>, { fromMs, toMs }: Span): RawBuilder<unknown> {
  return sql`${moment} >= ${at(fromMs)} and ${moment} < ${at(toMs)}`;
}

export async function registeredLog(tx: Tx, span: Span, afterId: number, limit: number): Promise<LogRow[]> {
  const { rows } = await sql<LogRow>`
    select s.subject_id as id, s.party_id as party, s.subject_id as subject, s.kind, s.reference, s.class,
      c.reference as contract, s.created_at as "registeredAt"
    from subject s left join lateral (
      select o.reference from link l join subject o on o.subject_id = l.to_id
      where l.from_id = s.subject_id and l.kind = 'under' and l.retired_at is null and l.valid_from < ${at(span.toMs)}
        and l.valid_to > ${at(span.fromMs)}
      order by l.valid_from desc, l.link_id desc limit 1) c on true
    where s.subject_id > ${afterId} and ${within(sql`s.created_at`, span)}
    order by s.subject_id limit ${limit}`.execute(tx);
  return rows;
}

export async function findingLog(tx: Tx, span: Span, afterId: number, limit: number): Promise<LogRow[]> {
  const { rows } = await sql<LogRow>`
    select n.standing_id as id, n.party_id as party, encode(n.finding_id, 'hex') as finding, n.standing, n.at,
      f.rule_id as rule, f.rule_version as "ruleVersion", s.kind, s.kind || '/' || s.reference as card, f.severity,
      f.observed_at as "observedAt", f.judged_at as "judgedAt", f.historical, c.case_id as case
    from finding_standing n join finding f using (finding_id) join subject s using (subject_id)
    left join case_finding c using (finding_id)
    where n.standing_id > ${afterId} and ${within(sql`n.at`, span)}
    order by n.standing_id limit ${limit}`.execute(tx);
  return rows;
}

export async function caseLog(tx: Tx, span: Span, afterId: number, limit: number): Promise<LogRow[]> {
  const { rows } = await sql<LogRow>`
    select i.case_id as id, i.party_id as party, i.case_id as case, i.rule_id as rule, i.subject_kind as kind,
      s.kind || '/' || s.reference as card, i.severity, i.state, i.opened_at as "openedAt", i.closed_at as "closedAt",
      (select count(*) from case_finding f where f.case_id = i.case_id) as findings
    from incident i join subject s using (subject_id)
    where i.case_id > ${afterId} and (${within(sql`i.opened_at`, span)} or ${within(sql`i.closed_at`, span)})
    order by i.case_id limit ${limit}`.execute(tx);
  return rows;
}

export async function measureLog(tx: Tx, span: Span, afterId: number, limit: number): Promise<LogRow[]> {
  const { rows } = await sql<LogRow>`
    select p.step_id as id, p.party_id as party, p.step_id as step, m.measure_id as measure, m.kind as "measureKind",
      m.case_id as case, s.kind || '/' || s.reference as card, v.name as provider, p.from_state as from,
      p.to_state as to, p.at, m.due_at as "dueAt"
    from measure_step p join measure m using (measure_id) join subject s using (subject_id)
    join provider v using (provider_id)
    where p.step_id > ${afterId} and ${within(sql`p.at`, span)}
    order by p.step_id limit ${limit}`.execute(tx);
  return rows;
}

/** The next accept commits of a period. */
export async function chunksWithin(tx: Tx, span: Span, afterId: number, limit: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select chunk_id as id from chunk where chunk_id > ${afterId} and ${within(sql`received_at`, span)}
    order by chunk_id limit ${limit}`.execute(tx);
  return rows.map(row => row.id);
}

/** Records of accept commits with the subject that each named at its time, in the order in which they came. */
export async function recordLog(
  tx: Tx,
  span: Span,
  chunkIds: readonly number[],
): Promise<Array<LogRow & { readonly body: Readonly<Record<string, string | number | boolean | null>> }>> {
  const { rows } = await sql<LogRow & { body: Record<string, string | number | boolean | null> }>`
    select o.record_no as id, o.party_id as party, o.received_at as "receivedAt", o.observed_at as "observedAt",
      o.time_mark as "timeMark", r.name as source, named.card, o.claim, o.kind, encode(o.digest, 'hex') as digest, o.body
    from observation o join source r using (source_id)
    left join lateral (
      select s.kind || '/' || s.reference as card from alias a join subject s using (subject_id)
        join party_closure h on h.descendant_id = a.party_id and h.ancestor_id = o.party_id
      where a.claim = o.claim and a.retired_at is null and a.valid_from <= o.observed_at and a.valid_to > o.observed_at
      order by a.alias_id limit 1) named on true
    where o.chunk_id = any(${[...chunkIds]}::bigint[]) and ${within(sql`o.received_at`, span)}
    order by o.chunk_id, o.record_no`.execute(tx);
  return rows;
}

/** Figures of a period, by name; a figure that nothing was counted for is absent (the industry's §5.5: time, retention). */
export async function figuresOf(
  tx: Tx,
  span: Span,
): Promise<Array<{ figure: string; value: number; unit: string }>> {
  const last = (state: string) => sql`select count(*) from finding_standing n where ${within(sql`n.at`, span)}
    and n.standing = ${state}`;
  const steps = (state: string) =>
    sql`select count(*) from measure_step p where ${within(sql`p.at`, span)} and p.to_state = ${state}`;
  const clocks = (state: string) =>
    sql`select count(*) from case_clock k where ${within(sql`k.ended_at`, span)} and k.state = ${state}`;
  const detect = sql`extract(epoch from f.judged_at - f.observed_at) * 1000`;
  const dispose = sql`extract(epoch from m.effective_at - m.decided_at) * 1000`;
  const batches = (column: string) =>
    sql`select coalesce(sum(${sql.ref(column)}), 0) from batch where ${within(sql`closed_at`, span)}`;
  const figures: ReadonlyArray<readonly [string, RawBuilder<unknown>, string]> = [
    [
      'subjects-registered',
      sql`select count(*) from subject s where s.created_at < ${at(span.toMs)}`,
      'count',
    ],
    ['records-received', batches('received'), 'count'],
    ['records-accepted', batches('accepted'), 'count'],
    ['records-duplicate', batches('duplicate'), 'count'],
    ['records-quarantined', batches('quarantined'), 'count'],
    ['findings-found', last('found'), 'count'],
    ['findings-withdrawn', last('withdrawn'), 'count'],
    ['findings-reinstated', last('reinstated'), 'count'],
    ['cases-opened', sql`select count(*) from incident i where ${within(sql`i.opened_at`, span)}`, 'count'],
    ['cases-closed', sql`select count(*) from incident i where ${within(sql`i.closed_at`, span)}`, 'count'],
    [
      'cases-open-at-end',
      sql`select count(*) from incident i where i.opened_at < ${at(span.toMs)}
        and (i.closed_at is null or i.closed_at >= ${at(span.toMs)})`,
      'count',
    ],
    ['measures-ordered', steps('ordered'), 'count'],
    ['measures-effective', steps('effective'), 'count'],
    ['measures-verified', steps('verified'), 'count'],
    ['measures-failed', steps('failed'), 'count'],
    ['measures-overdue', steps('overdue'), 'count'],
    ['measures-lifted', steps('lifted'), 'count'],
    ['clocks-met', clocks('met'), 'count'],
    ['clocks-missed', clocks('missed'), 'count'],
    [
      'time-to-detect-median',
      half(detect, sql`finding f where not f.historical and ${within(sql`f.judged_at`, span)}`),
      'ms',
    ],
    [
      'time-to-dispose-median',
      half(dispose, sql`measure m where ${within(sql`m.effective_at`, span)}`),
      'ms',
    ],
    ['retained-since', sql`select extract(epoch from min(received_at)) * 1000 from chunk`, 'ms since 1970'],
  ];
  const all = figures.map(
    ([figure, value, unit]) => sql`select ${figure} as figure, (${value})::bigint as value, ${unit} as unit`,
  );
  const { rows } = await sql<{
    figure: string;
    value: number | null;
    unit: string;
  }>`${sql.join(all, sql` union all `)}`.execute(tx);
  return rows.filter((row): row is { figure: string; value: number; unit: string } => row.value !== null);
}

function half(value: RawBuilder<unknown>, of: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`select percentile_cont(0.5) within group (order by ${value}) from ${of}`;
}

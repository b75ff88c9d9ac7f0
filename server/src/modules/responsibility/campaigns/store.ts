import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at, instantText } from '../../../kernel/database/values.ts';

/** The only SQL over inspection_campaign and inspection_sample. */

export interface Campaign {
  readonly campaignId: number;
  readonly partyId: number;
  readonly title: string;
  readonly year: number;
  readonly contract: string | null;
  readonly seed: string;
  readonly size: number;
  readonly dueAtMs: number;
  /** Kind of measure that a lapse orders by itself; null leaves it to policies. */
  readonly onLapse: string | null;
  readonly begunBy: string;
  readonly begunAtMs: number;
}

const campaignColumns = sql`
  campaign_id as "campaignId", party_id as "partyId", title, year, contract, seed, size, due_at as "dueAtMs",
  on_lapse as "onLapse", begun_by as "begunBy", begun_at as "begunAtMs"`;

/** Begins the campaign with the cards drawn for it. */
export async function addCampaign(
  tx: Tx,
  asked: Omit<Campaign, 'campaignId'>,
  cards: readonly string[],
): Promise<Campaign> {
  const { rows } = await sql<Campaign>`
    insert into inspection_campaign (party_id, title, year, contract, seed, size, due_at, on_lapse, begun_by, begun_at)
    values (${asked.partyId}, ${asked.title}, ${asked.year}, ${asked.contract}, ${asked.seed}, ${asked.size},
      ${at(asked.dueAtMs)}, ${asked.onLapse}, ${asked.begunBy}, ${at(asked.begunAtMs)})
    returning ${campaignColumns}`.execute(tx);
  const made = rows[0] as Campaign;
  await sql`
    insert into inspection_sample (campaign_id, party_id, card)
    select ${made.campaignId}, ${made.partyId}, card from unnest(${cards}::text[]) as card`.execute(tx);
  return made;
}

export async function listCampaigns(tx: Tx, afterId: number, limit: number): Promise<Campaign[]> {
  const { rows } = await sql<Campaign>`
    select ${campaignColumns} from inspection_campaign where campaign_id > ${afterId}
    order by campaign_id limit ${limit}`.execute(tx);
  return rows;
}

export interface Sample {
  readonly sampleId: number;
  readonly campaignId: number;
  readonly partyId: number;
  readonly card: string;
  readonly state: 'due' | 'passed' | 'failed' | 'lapsed';
  readonly evidenceSha256: Buffer | null;
  readonly inspectedBy: string | null;
  readonly inspectedAtMs: number | null;
  readonly lapsedAtMs: number | null;
  /** What the lapse ordered; null while nothing was. */
  readonly measureId: number | null;
  /** Why nothing was ordered yet, by its code. */
  readonly notOrdered: string | null;
}

const sampleColumns = sql`
  s.sample_id as "sampleId", s.campaign_id as "campaignId", s.party_id as "partyId", s.card, s.state,
  s.evidence_sha256 as "evidenceSha256", s.inspected_by as "inspectedBy", s.inspected_at as "inspectedAtMs",
  s.lapsed_at as "lapsedAtMs", s.measure_id as "measureId", s.not_ordered as "notOrdered"`;

export async function listSamples(
  tx: Tx,
  campaignId: number,
  afterId: number,
  limit: number,
): Promise<Sample[]> {
  const { rows } = await sql<Sample>`
    select ${sampleColumns} from inspection_sample s where s.campaign_id = ${campaignId} and s.sample_id > ${afterId}
    order by s.sample_id limit ${limit}`.execute(tx);
  return rows;
}

export async function lockSample(tx: Tx, sampleId: number): Promise<Sample | undefined> {
  const { rows } = await sql<Sample>`
    select ${sampleColumns} from inspection_sample s where s.sample_id = ${sampleId} for no key update`.execute(
    tx,
  );
  return rows[0];
}

export async function setInspected(
  tx: Tx,
  sampleId: number,
  done: {
    readonly state: 'passed' | 'failed';
    readonly by: string;
    readonly atMs: number;
    readonly evidence: Buffer | null;
    readonly lapsedAtMs: number | null;
  },
): Promise<Sample> {
  const lapsed = done.lapsedAtMs === null ? null : at(done.lapsedAtMs);
  const { rows } = await sql<Sample>`
    update inspection_sample s set state = ${done.state}, inspected_by = ${done.by}, inspected_at = ${at(done.atMs)},
      evidence_sha256 = ${done.evidence}, lapsed_at = ${lapsed},
      told_at = case when s.lapsed_at is not distinct from ${lapsed} then s.told_at end
    where s.sample_id = ${sampleId} returning ${sampleColumns}`.execute(tx);
  return rows[0] as Sample;
}

/** Samples of every party that were not inspected by their campaign's due date; locked, each by one process. */
export async function takeLapsed(tx: Tx, atMs: number, limit: number): Promise<Sample[]> {
  const { rows } = await sql<Sample>`
    with due as (
      select s.sample_id from inspection_sample s join inspection_campaign c using (campaign_id)
      where s.state = 'due' and c.due_at <= ${at(atMs)}
      order by s.party_id, s.sample_id limit ${limit} for update of s skip locked
    )
    update inspection_sample s set state = 'lapsed', lapsed_at = ${at(atMs)} from due
    where s.sample_id = due.sample_id returning ${sampleColumns}`.execute(tx);
  return rows;
}

/** Lapses that were not put on the corridor yet, oldest first, of all parties. */
export async function untoldLapses(tx: Tx, limit: number): Promise<Sample[]> {
  const { rows } = await sql<Sample>`select ${sampleColumns} from inspection_sample s
    where s.lapsed_at is not null and s.told_at is null order by s.party_id, s.sample_id limit ${limit}`.execute(
    tx,
  );
  return rows;
}

/** Marks those told that still lapsed at the moment they were told of. */
export async function setLapsesTold(tx: Tx, told: readonly Sample[], atMs: number): Promise<void> {
  const moments = told.map(each => instantText(each.lapsedAtMs as number));
  await sql`update inspection_sample s set told_at = ${at(atMs)}
    from unnest(${told.map(each => each.sampleId)}::bigint[], ${moments}::timestamptz[]) q (id, moment)
    where s.sample_id = q.id and s.lapsed_at = q.moment`.execute(tx);
}

/** A lapse whose measure was not ordered yet. */
export interface Unordered {
  readonly sampleId: number;
  readonly partyId: number;
  readonly card: string;
  readonly onLapse: string;
}

export async function unorderedLapses(tx: Tx, afterId: number, limit: number): Promise<Unordered[]> {
  const { rows } = await sql<Unordered>`
    select s.sample_id as "sampleId", s.party_id as "partyId", s.card, c.on_lapse as "onLapse"
    from inspection_sample s join inspection_campaign c using (campaign_id)
    where s.sample_id > ${afterId} and s.lapsed_at is not null and s.told_at is not null and s.measure_id is null
      and c.on_lapse is not null
    order by s.sample_id limit ${limit}`.execute(tx);
  return rows;
}

export async function setOrdered(
  tx: Tx,
  sampleId: number,
  measureId: number | null,
  notOrdered: string | null,
): Promise<void> {
  await sql`update inspection_sample set measure_id = ${measureId}, not_ordered = ${notOrdered}
    where sample_id = ${sampleId}`.execute(tx);
}

/** Samples that passed while what their lapse ordered may still stand. */
export async function unliftedSamples(tx: Tx, afterId: number, limit: number): Promise<Sample[]> {
  const { rows } = await sql<Sample>`select ${sampleColumns} from inspection_sample s
    where s.sample_id > ${afterId} and s.measure_id is not null and s.lapsed_at is null and s.lifted_at is null
    order by s.sample_id limit ${limit}`.execute(tx);
  return rows;
}

export async function setLifted(tx: Tx, sampleId: number, atMs: number): Promise<void> {
  await sql`update inspection_sample set lifted_at = ${at(atMs)} where sample_id = ${sampleId}`.execute(tx);
}

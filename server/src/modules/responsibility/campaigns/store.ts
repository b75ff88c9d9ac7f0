import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

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
  readonly begunBy: string;
  readonly begunAtMs: number;
}

const campaignColumns = sql`
  campaign_id as "campaignId", party_id as "partyId", title, year, contract, seed, size, due_at as "dueAtMs",
  begun_by as "begunBy", begun_at as "begunAtMs"`;

/** Begins the campaign with the cards drawn for it. */
export async function addCampaign(
  tx: Tx,
  asked: Omit<Campaign, 'campaignId'>,
  cards: readonly string[],
): Promise<Campaign> {
  const { rows } = await sql<Campaign>`
    insert into inspection_campaign (party_id, title, year, contract, seed, size, due_at, begun_by, begun_at)
    values (${asked.partyId}, ${asked.title}, ${asked.year}, ${asked.contract}, ${asked.seed}, ${asked.size},
      ${at(asked.dueAtMs)}, ${asked.begunBy}, ${at(asked.begunAtMs)})
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
}

const sampleColumns = sql`
  s.sample_id as "sampleId", s.campaign_id as "campaignId", s.party_id as "partyId", s.card, s.state,
  s.evidence_sha256 as "evidenceSha256", s.inspected_by as "inspectedBy", s.inspected_at as "inspectedAtMs",
  s.lapsed_at as "lapsedAtMs"`;

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
      evidence_sha256 = ${done.evidence}, lapsed_at = ${lapsed}
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

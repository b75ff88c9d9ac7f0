import type { Tx } from '../../../kernel/database/transaction.ts';
import { randomId } from '../../../kernel/ids.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { stageAll } from '../../../spine/ledger/stage.ts';
import type { MeasureCode } from '../../../spine/measures/measure.ts';
import type { MeasureDesk } from '../../../spine/measures/ports.ts';
import { type RecordDoors, recorded } from '../../../spine/registry/recorded.ts';
import { registerRows } from '../../../spine/registry/register.ts';
import { drawSubjects } from '../../../spine/views/registered.ts';
import { type Doer, no } from '../duties/duties.ts';
import * as store from './store.ts';

export { type Campaign, listCampaigns, listSamples, type Sample } from './store.ts';

const CARD = 'card';
const YEAR_MS = 366 * 86_400_000;

export interface AskedCampaign {
  readonly title: string;
  readonly year: number;
  /** Reference of the contract whose cards are inspected; all of the party's without. */
  readonly contract?: string | undefined;
  readonly size: number;
  readonly dueAtMs: number;
  /** Kind of measure that a lapse, or failing, orders by itself; without one the party's policies decide. */
  readonly onLapse?: string | undefined;
}

/**
 * Draws cards at random for a yearly inspection (C-49). The seed is drawn here, after the call and not by the caller,
 * and is on record: whoever has it, and the register, draws the same cards again.
 * Refuses `campaign-term-invalid` for a due date that is past or more than a year away, `campaign-empty`,
 * `measure-kind-unknown` for a measure that no module brings.
 */
export async function beginCampaign(
  doors: RecordDoors & { readonly desk?: Pick<MeasureDesk, 'kinds'> },
  doer: Doer,
  asked: AskedCampaign,
): Promise<store.Campaign> {
  const { partyId, label: actor } = doer;
  const attempt = { act: 'inspection-begun', object: 'inspection/new', partyId, actor };
  return await recorded(doors, attempt, async tx => {
    const atMs = doors.clock.now();
    if (asked.dueAtMs <= atMs || asked.dueAtMs > atMs + YEAR_MS)
      throw no('campaign-term-invalid', 'inspection/new');
    const onLapse = asked.onLapse ?? null;
    if (onLapse !== null && doors.desk?.kinds.some(each => each.kind === onLapse) !== true)
      throw new Refusal<MeasureCode>('measure-kind-unknown', { detail: { kind: onLapse } });
    const seed = randomId();
    const contract = asked.contract ?? null;
    const cards = await drawSubjects(tx, {
      partyId,
      kind: CARD,
      under: contract,
      seed,
      size: asked.size,
      atMs,
    });
    if (cards.length === 0) throw no('campaign-empty', 'inspection/new');
    const { title, year, dueAtMs } = asked;
    const plan = {
      partyId,
      title,
      year,
      contract,
      seed,
      size: cards.length,
      dueAtMs,
      onLapse,
      begunBy: actor,
      begunAtMs: atMs,
    };
    const made = await store.addCampaign(tx, plan, cards);
    return {
      result: made,
      object: `inspection/${made.campaignId}`,
      detail: { seed, size: cards.length, dueAtMs, onLapse },
    };
  });
}

/**
 * Writes what an inspection came to. Passing needs evidence (the digest of a photograph or of a liveness check), and
 * lifts what a lapse closed, at once; failing closes the card's functions, at once.
 * Refuses `sample-unknown`, `sample-evidence-missing`.
 */
export async function inspect(
  doors: RecordDoors,
  doer: Doer,
  sampleId: number,
  asked: { readonly result: 'passed' | 'failed'; readonly evidence?: string | undefined },
): Promise<store.Sample> {
  const { partyId, label: actor } = doer;
  const object = `inspection-sample/${sampleId}`;
  return await recorded(doors, { act: 'card-inspected', object, partyId, actor }, async tx => {
    const atMs = doors.clock.now();
    const found = await store.lockSample(tx, sampleId);
    if (found === undefined) throw no('sample-unknown', object);
    if (asked.result === 'passed' && asked.evidence === undefined)
      throw no('sample-evidence-missing', object);
    const isOpen = found.lapsedAtMs === null;
    const lapsedAtMs = asked.result === 'failed' ? (found.lapsedAtMs ?? atMs) : null;
    const evidence = asked.evidence === undefined ? null : Buffer.from(asked.evidence, 'hex');
    const done = { state: asked.result, by: actor, atMs, evidence, lapsedAtMs } as const;
    const inspected = await store.setInspected(tx, sampleId, done);
    if (asked.result === 'failed' && isOpen) await close(tx, [{ ...found, lapsedAtMs: atMs }], null, atMs);
    if (asked.result === 'passed' && !isOpen) await close(tx, [found], atMs, atMs);
    return { result: inspected, detail: { result: asked.result, evidence: asked.evidence ?? null } };
  });
}

const LAPSED_PER_COMMIT = 500;

/**
 * Closes the functions of cards that were not inspected in time; how many. The restriction, the sample's state and the
 * ledger's entries commit together: a round that is cut off is taken up by the next.
 */
export async function lapseOverdue({ database, clock }: RecordDoors): Promise<number> {
  return await database.corridor(async tx => {
    const atMs = clock.now();
    const lapsed = await store.takeLapsed(tx, atMs, LAPSED_PER_COMMIT);
    await close(tx, lapsed, null, atMs);
    await stageAll(
      tx,
      lapsed.map(({ sampleId, campaignId, partyId }) => ({
        act: 'inspection-lapsed',
        object: `inspection-sample/${sampleId}`,
        partyId,
        actor: 'corridor',
        atMs,
        detail: { inspection: campaignId },
      })),
    );
    return lapsed.length;
  });
}

/** The dated fact that closes a card from its lapse until a moment, or for good. */
async function close(
  tx: Tx,
  samples: readonly store.Sample[],
  untilMs: number | null,
  atMs: number,
): Promise<void> {
  for (const partyId of new Set(samples.map(each => each.partyId))) {
    const rows = samples
      .filter(each => each.partyId === partyId)
      .map(({ sampleId, campaignId, card, lapsedAtMs }) => {
        const fromMs = lapsedAtMs ?? atMs;
        const fact = {
          do: 'fact' as const,
          kind: CARD,
          reference: card,
          factKind: `lapse/${sampleId}`,
          body: { inspection: campaignId },
          fromMs,
          ...(untilMs === null ? {} : { toMs: Math.max(untilMs, fromMs + 1) }),
        };
        return { place: String(sampleId), asks: { registrations: [fact] } };
      });
    await registerRows(tx, partyId, rows, `inspection/${atMs}-${untilMs ?? 'open'}`, atMs);
  }
}

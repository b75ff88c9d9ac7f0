import { sha256 } from '../../../kernel/bytes.ts';
import { type Canonical, canonicalJson } from '../../../kernel/canonical-json.ts';
import type { Database, Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { sealText } from '../../../kernel/seal/store.ts';
import type { Hand } from '../../cases/work.ts';
import { stage } from '../../ledger/stage.ts';
import { kindNamed, termsFor } from '../asked.ts';
import type { MeasureCode, Terms } from '../measure.ts';
import type { MeasureDesk } from '../ports.ts';
import { providerById } from '../providers/store.ts';
import { type Batch, type BatchCode, type Deed, type Outcome, RETRIED } from './batch.ts';
import { judgeMembers } from './judge.ts';
import type { Member, Members } from './members.ts';
import * as store from './store.ts';

/** Members written or judged by one statement. */
const STEP = 1_000;

/** What a batch is to do. */
export interface BatchWish {
  readonly deed: Deed;
  readonly kind: string;
  readonly terms?: Terms | undefined;
  readonly providerId?: number | undefined;
}

/** A batch as somebody orders it. */
export interface WantedBatch extends BatchWish {
  readonly key: string;
  readonly why: string;
  /** What was asked, as it was sent: the same under the same key is the same batch, whatever it names by now. */
  readonly sent: Canonical;
}

/** Members with where they come from. */
export interface Gathered {
  readonly members: Members;
  /** `list`, `case/3`, `finding/…`, `measure-batch/7`. */
  readonly origin: string;
  /** Cases of this rule are taken first. */
  readonly ruleId: string | null;
}

/**
 * Orders a batch: it and its members commit together, with its entry in the ledger; the background work does the rest. The
 * ledger tells how many members there are and commits to their names. Sent again under its key, the batch there is comes
 * back, with `isNew` false, and nothing is ordered twice.
 *
 * Refuses `measure-batch-key-reused` for another batch under the key, `measure-kind-unknown`, `measure-terms-invalid`,
 * `measure-final` for lifting what nothing lifts, and `provider-unknown`.
 */
export async function orderBatch(
  tx: Tx,
  desk: MeasureDesk,
  partyId: number,
  wanted: WantedBatch,
  gather: (tx: Tx) => Promise<Gathered>,
  hand: Hand,
): Promise<{ readonly batch: Batch; readonly isNew: boolean }> {
  const { key, why, deed, kind } = wanted;
  const asked = sha256(canonicalJson(wanted.sent)).toString('hex');
  const before = await store.batchOfKey(tx, partyId, key);
  if (before !== undefined) return { batch: sameOrRefused(before, asked), isNew: false };
  const terms = await checked(tx, desk, wanted);
  const { members: named, origin, ruleId } = await gather(tx);
  const batch = await store.insertBatch(tx, {
    partyId,
    key,
    asked,
    deed,
    kind,
    terms,
    providerId: wanted.providerId ?? null,
    why,
    origin,
    ruleId,
    memberCount: named.members.length,
    repeated: named.repeated,
    members: named.digest,
    orderedBy: hand.actor,
    orderedAtMs: hand.atMs,
  });
  if (batch === undefined)
    return {
      batch: sameOrRefused((await store.batchOfKey(tx, partyId, key)) as Batch, asked),
      isNew: false,
    };
  for (const part of steps(named.members)) await store.insertMembers(tx, batch, part);
  await tellOrdered(tx, batch, named.text, hand);
  return { batch, isNew: true };
}

/** What ordering would come to, for each member in its order; nothing is written. */
export interface Preview {
  readonly members: Members;
  readonly verdicts: readonly {
    readonly outcome: Outcome;
    readonly reason: string | null;
    readonly measureId: number | null;
  }[];
}

/**
 * Looks what a batch would do, a thousand members at a time, each in a transaction of its own. Refuses as `orderBatch`
 * does for what is asked.
 */
export async function previewBatch(
  doors: { readonly database: Database; readonly desk: MeasureDesk },
  partyId: number,
  wish: BatchWish,
  gather: (tx: Tx) => Promise<Gathered>,
  actor: string,
): Promise<Preview> {
  const { database, desk } = doors;
  const named = await database.door(partyId, async tx => {
    await checked(tx, desk, wish);
    return (await gather(tx)).members;
  });
  const order = { deed: wish.deed, kind: wish.kind, providerId: wish.providerId ?? null, actor };
  const verdicts: Preview['verdicts'][number][] = [];
  for (const part of steps(named.members)) {
    const known = part.flatMap(({ subjectId, partyId: owner }) =>
      subjectId === null || owner === null ? [] : [{ subjectId, partyId: owner }],
    );
    const told = await database.door(partyId, tx => judgeMembers(tx, desk, order, known));
    for (const { subjectId, reason } of part)
      verdicts.push(told.get(subjectId ?? 0) ?? { outcome: 'unknown', reason, measureId: null });
  }
  return { members: named, verdicts };
}

/** The batch; refuses `measure-batch-not-found`. */
export async function batchNumbered(tx: Tx, batchId: number): Promise<Batch> {
  const batch = await store.batchById(tx, batchId);
  if (batch === undefined) throw notFound(batchId);
  return batch;
}

/** Subjects whose order failed or was refused in the batch. Refuses `measure-batch-nothing-failed`. */
export async function failedOf(tx: Tx, batch: Batch): Promise<number[]> {
  const rows = await store.membersOf(tx, batch.batchId, RETRIED, 0, batch.memberCount);
  const ids = rows.flatMap(row => row.subjectId ?? []);
  if (ids.length === 0)
    throw new Refusal<BatchCode>('measure-batch-nothing-failed', {
      subject: `measure-batch/${batch.batchId}`,
    });
  return ids;
}

/** Subjects that the batch has a measure of: those a lifting of the batch is about. */
export async function measuredIn(tx: Tx, batch: Batch): Promise<number[]> {
  const rows = await store.membersOf(tx, batch.batchId, null, 0, batch.memberCount);
  return rows.flatMap(row => (row.measureId === null || row.subjectId === null ? [] : [row.subjectId]));
}

export function notFound(batchId: number): Refusal<BatchCode> {
  return new Refusal<BatchCode>('measure-batch-not-found', { subject: `measure-batch/${batchId}` });
}

async function checked(tx: Tx, desk: MeasureDesk, wish: BatchWish): Promise<Terms> {
  const kind = kindNamed(desk, wish.kind);
  const terms = termsFor(kind, wish.terms ?? {});
  if (wish.deed === 'lift' && kind.lifts === null) throw new Refusal<MeasureCode>('measure-final');
  const { providerId } = wish;
  if (providerId !== undefined && (await providerById(tx, providerId)) === undefined)
    throw new Refusal<MeasureCode>('provider-unknown', { subject: `provider/${providerId}` });
  return terms;
}

function sameOrRefused(before: Batch, asked: string): Batch {
  if (before.asked === asked) return before;
  throw new Refusal<BatchCode>('measure-batch-key-reused', { subject: `measure-batch/${before.batchId}` });
}

async function tellOrdered(tx: Tx, batch: Batch, names: string, hand: Hand): Promise<void> {
  const { partyId, batchId, deed, kind, memberCount, why } = batch;
  const object = `measure-batch/${batchId}`;
  const told = { partyId, object };
  await stage(tx, {
    act: 'measure-batch-ordered',
    object,
    partyId,
    ...hand,
    detail: {
      deed,
      kind,
      members: memberCount,
      names: await sealText(tx, { ...told, name: 'names', text: names }),
      why: await sealText(tx, { ...told, name: 'why', text: why }),
    },
  });
}

function* steps(members: readonly Member[]): Generator<readonly Member[]> {
  for (let from = 0; from < members.length; from += STEP) yield members.slice(from, from + STEP);
}

import { sha256 } from '../../../kernel/bytes.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { DAY_MS } from '../../../kernel/time.ts';
import { recorded } from '../../../spine/registry/recorded.ts';
import { layOutSeen } from '../../../spine/views/seen.ts';
import { momentOf } from '../contracts/clauses.ts';
import { attemptOf, type Doer, registered, type SaleDoors } from '../contracts/contracts.ts';
import { saleRulesAt } from '../contracts/sale-rules.ts';
import { readIccid } from '../identifiers/iccid.ts';
import { CARD, RESELLER } from '../imports/registration.ts';
import { CARD_USAGE } from '../model.ts';
import * as store from './store.ts';

export type { Difference, Reseller, Return } from './store.ts';
export { listDifferences, listResellers, listReturns, RETURNS, stockOf } from './store.ts';

export const RESELLER_CODES = [
  'reseller-unknown',
  'reseller-exists',
  'reseller-agreement-incomplete',
  'return-without-proof',
  'return-empty',
] as const;
export type ResellerCode = (typeof RESELLER_CODES)[number];

/** How long since the last return of sales or stock until it is overdue. */
const RETURN_DUE_MS = 35 * DAY_MS;
/** How far back records count as seeing a card. */
const SEEN_MS = 400 * DAY_MS;
const MOST_LISTED = 100;

export interface AskedReseller {
  readonly reference: string;
  readonly title: string;
  readonly homeOperator: string;
  readonly realNameClause: string;
  readonly penaltyClause: string;
}

/**
 * Registers who sells cards on. Refuses `reseller-agreement-incomplete` while the agreement does not say who verifies
 * holders and what a breach costs (Anti-fraud law art. 9 ¶2), and `reseller-exists`.
 */
export async function registerReseller(
  doors: SaleDoors,
  doer: Doer,
  asked: AskedReseller,
): Promise<store.Reseller> {
  return await recorded(doors, attemptOf(doer, 'reseller-registered', 'reseller/new'), async tx => {
    const isSaid = [asked.realNameClause, asked.penaltyClause].every(text => text.trim().length >= 4);
    if (!isSaid) throw no('reseller-agreement-incomplete', 0);
    const { partyId, label: registeredBy } = doer;
    const atMs = doors.clock.now();
    const made = await store.addReseller(tx, { ...asked, partyId, registeredBy, registeredAtMs: atMs });
    if (made === undefined) throw no('reseller-exists', 0);
    const subject = { kind: RESELLER, reference: made.reference };
    const claim = `reseller:${made.reference}`;
    await registered(
      tx,
      partyId,
      [
        { do: 'subject', ...subject, attributes: { title: made.title } },
        { do: 'alias', ...subject, claim },
      ],
      `reseller/${made.resellerId}`,
      atMs,
    );
    return { result: made, object: `reseller/${made.resellerId}` };
  });
}

export interface AskedReturn {
  readonly resellerId: number;
  readonly what: store.ReturnKind;
  /** Cards as the reseller writes them, each with its moment (RFC 3339 with zone). */
  readonly rows: readonly { readonly iccid: string; readonly at: string }[];
  readonly statedStock?: number | undefined;
  readonly sentTo?: string | undefined;
  /** SHA-256, in hexadecimal, of what proves that it went to the home operator. */
  readonly proof?: string | undefined;
}

/** What became of a return: rows = entered + refused. */
export interface ReturnReport {
  readonly returnId: number;
  readonly rows: number;
  readonly entered: number;
  readonly refusedCount: number;
  readonly refused: readonly { readonly row: number; readonly reason: string }[];
}

/**
 * Takes in a return: what was handed to the reseller, lies in stock, was sold, or whose real-name data went to the home
 * operator — the last only with proof (C-09). A row that cannot be read is refused by itself and listed; the same
 * return again changes nothing. Refuses `reseller-unknown`, `return-without-proof`, `return-empty`.
 */
export async function takeReturn(doors: SaleDoors, doer: Doer, asked: AskedReturn): Promise<ReturnReport> {
  const object = `reseller/${asked.resellerId}`;
  return await recorded(doors, attemptOf(doer, 'reseller-return', object), async tx => {
    const reseller = await store.lockReseller(tx, asked.resellerId);
    if (reseller === undefined) throw no('reseller-unknown', asked.resellerId);
    const { what, sentTo, proof } = asked;
    if (what === 'real-name' && (proof === undefined || sentTo === undefined || sentTo.trim() === ''))
      throw no('return-without-proof', asked.resellerId);
    if (asked.rows.length === 0 && asked.statedStock === undefined)
      throw no('return-empty', asked.resellerId);
    const atMs = doors.clock.now();
    const { cards, refused } = readRows(asked.rows, atMs);
    const content = sha256(JSON.stringify([what, asked.rows, asked.statedStock ?? null]));
    const { partyId, resellerId } = reseller;
    const counts = { rows: asked.rows.length, refused: refused.length };
    const returnId = await store.addReturn(tx, {
      partyId,
      resellerId,
      what,
      ...counts,
      statedStock: asked.statedStock ?? null,
      contentSha256: content,
      sentTo: sentTo ?? null,
      proofSha256: proof === undefined ? null : Buffer.from(proof, 'hex'),
      handedBy: doer.label,
      handedAtMs: atMs,
    });
    if (cards.length > 0) await store.enterCards(tx, { partyId, resellerId, returnId, what, cards });
    const result = {
      returnId,
      rows: asked.rows.length,
      entered: cards.length,
      refusedCount: refused.length,
      refused: refused.slice(0, MOST_LISTED),
    };
    const sha = { contentSha256: content.toString('hex'), proofSha256: proof ?? null };
    return { result, detail: { return: returnId, what, ...counts, ...sha } };
  });
}

function readRows(rows: AskedReturn['rows'], atMs: number) {
  const cards: Array<{ iccid: string; atMs: number }> = [];
  const refused: Array<{ row: number; reason: string }> = [];
  for (const [i, row] of rows.entries()) {
    const read = readIccid(row.iccid);
    const moment = momentOf(row.at);
    if ('fault' in read) refused.push({ row: i + 1, reason: `iccid: ${read.fault}` });
    else if (moment === null) refused.push({ row: i + 1, reason: 'at: no moment with its zone' });
    else if (moment > atMs + DAY_MS) refused.push({ row: i + 1, reason: 'at: in the future' });
    else cards.push({ iccid: read.key, atMs: moment });
  }
  return { cards, refused };
}

/** Holds what the reseller told against what was registered and seen (C-09). Refuses `reseller-unknown`. */
export async function reconcileReseller(
  doors: SaleDoors,
  doer: Doer,
  resellerId: number,
): Promise<store.Reconciled> {
  return await recorded(doors, attemptOf(doer, 'reseller-reconciled', `reseller/${resellerId}`), async tx => {
    const reseller = await store.lockReseller(tx, resellerId);
    if (reseller === undefined) throw no('reseller-unknown', resellerId);
    const atMs = doors.clock.now();
    const { partyId } = reseller;
    const seen = { partyId, kind: CARD, observationKind: CARD_USAGE, sinceMs: atMs - SEEN_MS };
    await layOutSeen(tx, seen);
    const realNameDueMs = saleRulesAt(doors.saleRules, atMs).realNameReturnDays * DAY_MS;
    const result = await store.reconcile(tx, {
      partyId,
      resellerId,
      atMs,
      realNameDueMs,
      returnDueMs: RETURN_DUE_MS,
    });
    return { result, detail: { ...result } };
  });
}

export function no(code: ResellerCode, resellerId: number): Refusal<ResellerCode> {
  return new Refusal<ResellerCode>(code, { subject: `reseller/${resellerId}` });
}

import { type Canonical, canonicalJson } from '../../kernel/canonical-json.ts';
import type { Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { rfc3339 } from '../../kernel/time.ts';
import type { LedgerCode } from './refusals.ts';
import { addStaged } from './store.ts';
import { MOST_ENTRY_BYTES } from './tiles.ts';

/** An act as the ledger tells it. `detail` holds identifiers of people and cards only as commitments (kernel/seal). */
export interface LedgerAct {
  /** What was done, e.g. `case-opened`. */
  readonly act: string;
  /** To what, e.g. `case/3`. */
  readonly object: string;
  /** Whose thing it is; null for what belongs to the installation. */
  readonly partyId: number | null;
  /** Who did it, e.g. `user/…`, `key/…`, `corridor`; no name of a person. */
  readonly actor: string;
  readonly atMs: number;
  readonly detail: Canonical;
}

/**
 * Stages the act in the caller's transaction: it enters the ledger if, and only if, that transaction commits,
 * and within a moment of it. Throws a `Refusal`, which must undo the act, when the entry is malformed, larger
 * than 65,535 bytes, or shows an identifier in clear.
 */
export async function stage(tx: Tx, act: LedgerAct): Promise<void> {
  await stageAll(tx, [act]);
}

/** `stage` for many acts in one statement; they keep their order. */
export async function stageAll(tx: Tx, acts: readonly LedgerAct[]): Promise<void> {
  const rows = acts.map(act => ({
    partyId: act.partyId,
    act: act.act,
    object: act.object,
    entry: entryBytes(act),
  }));
  if (rows.length > 0) await addStaged(tx, rows);
}

/** The entry's bytes: canonical JSON `{act, actor, at, detail, object, party?, v: 1}`. */
export function entryBytes(act: LedgerAct): Buffer {
  refuseMalformed(act);
  refuseClearIdentifiers(act.detail, 'detail', act.object);
  const entry = Buffer.from(
    canonicalJson({
      v: 1,
      act: act.act,
      object: act.object,
      ...(act.partyId === null ? {} : { party: `party/${act.partyId}` }),
      actor: act.actor,
      at: rfc3339(act.atMs),
      detail: act.detail,
    }),
  );
  if (entry.length > MOST_ENTRY_BYTES) {
    throw new Refusal<LedgerCode>('ledger-entry-too-large', {
      subject: act.object,
      detail: { sizeBytes: entry.length, mostBytes: MOST_ENTRY_BYTES },
    });
  }
  return entry;
}

const WORD = /^[^\s\p{Cc}]{1,200}$/u;

function refuseMalformed(act: LedgerAct): void {
  const fields: Array<[string, string]> = [
    ['act', act.act],
    ['object', act.object],
    ['actor', act.actor],
  ];
  for (const [field, text] of fields) {
    if (!WORD.test(text)) throw new Refusal<LedgerCode>('ledger-act-malformed', { detail: { field } });
  }
}

/** Claims as records write them, and bare ICCID, IMSI, IMEI, IMEISV or EID digits: what can be guessed and never stands in a leaf. */
const IDENTIFIER = /^(?:(?:iccid|imsi|imei|imeisv|msisdn|eid|mac|email):.*|\d{14,20}[fF]?|\d{32})$/i;

function refuseClearIdentifiers(value: Canonical, path: string, object: string): void {
  if (typeof value === 'string' && IDENTIFIER.test(value)) {
    throw new Refusal<LedgerCode>('ledger-identifier-in-clear', { subject: object, detail: { path } });
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value))
    refuseClearIdentifiers(item as Canonical, `${path}.${key}`, object);
}

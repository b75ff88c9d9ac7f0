import { canonicalJson } from '../../kernel/canonical-json.ts';
import type { Tx } from '../../kernel/database/transaction.ts';
import { sealText } from '../../kernel/seal/store.ts';
import { stage } from '../ledger/stage.ts';
import type { Act, CaseRef } from './case.ts';
import { insertAct } from './store.ts';

export { actsOf, type StoredAct } from './store.ts';

/**
 * Writes an act on a case's time line and stages its ledger entry, both in the caller's transaction.
 *
 * The entry shows the kind of act and a commitment to its detail, which may hold a person's words; the salt
 * is kept under the case and `act-<number>`. Returns the act's number.
 */
export async function writeAct(tx: Tx, owner: CaseRef, act: Act): Promise<number> {
  const actId = await insertAct(tx, owner, act);
  const object = `case/${owner.caseId}`;
  const text = canonicalJson(act.detail);
  const detail = await sealText(tx, { partyId: owner.partyId, object, name: `act-${actId}`, text });
  await stage(tx, {
    act: `case-${act.kind}`,
    object,
    partyId: owner.partyId,
    actor: act.actor,
    atMs: act.atMs,
    detail: { actId, detail },
  });
  return actId;
}

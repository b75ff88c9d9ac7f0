import type { Tx } from '../kernel/database/transaction.ts';
import type { Contribution } from './contribution.ts';
import { type EvidenceGroup, groupOfCase, groupOfFinding } from './evidence-group.ts';
import type { Batch } from './measures/batches/batch.ts';
import { membersNamed, membersNumbered } from './measures/batches/members.ts';
import { batchNumbered, failedOf, type Gathered, measuredIn } from './measures/batches/order-batch.ts';

/** Where a batch has its members from: a list of names, a case, a finding, or what another batch has measures of. */
export type BatchSource =
  | { readonly cards: readonly string[] }
  | { readonly case: number }
  | { readonly finding: string }
  | { readonly batch: number };

/** The members of a batch, each kind of thing by its own names. Refuses what is not the party's to see. */
export async function gatherMembers(
  tx: Tx,
  contributions: readonly Contribution[],
  partyId: number,
  source: BatchSource,
  atMs: number,
): Promise<Gathered> {
  const kinds = kindsOrderedFor(contributions);
  const numbered = async (ids: readonly number[], origin: string, ruleId: string | null) => ({
    members: await membersNumbered(tx, ids, kinds),
    origin,
    ruleId,
  });
  const grouped = (group: EvidenceGroup, origin: string) => numbered(group.subjectIds, origin, group.ruleId);
  if ('case' in source)
    return await grouped(await groupOfCase(tx, contributions, source.case), `case/${source.case}`);
  if ('finding' in source)
    return await grouped(
      await groupOfFinding(tx, contributions, source.finding),
      `finding/${source.finding}`,
    );
  if ('batch' in source) {
    const batch = await batchNumbered(tx, source.batch);
    return await numbered(await measuredIn(tx, batch), `measure-batch/${batch.batchId}`, batch.ruleId);
  }
  const names = source.cards.map(text => {
    const given = text.trim();
    return { given, claims: claimsOf(contributions, given) };
  });
  return {
    members: await membersNamed(tx, partyId, names, kinds, atMs),
    origin: 'list',
    ruleId: null,
  };
}

/** The members of a batch whose order failed or was refused. Refuses `measure-batch-nothing-failed`. */
export async function gatherFailed(
  tx: Tx,
  contributions: readonly Contribution[],
  batch: Batch,
): Promise<Gathered> {
  const ids = await failedOf(tx, batch);
  return {
    members: await membersNumbered(tx, ids, kindsOrderedFor(contributions)),
    origin: `measure-batch/${batch.batchId}`,
    ruleId: batch.ruleId,
  };
}

function kindsOrderedFor(contributions: readonly Contribution[]): string[] {
  return contributions.flatMap(each =>
    each.kinds.filter(kind => kind.claimsOf !== undefined).map(kind => kind.kind),
  );
}

function claimsOf(contributions: readonly Contribution[], name: string): string[] {
  return contributions.flatMap(each => each.kinds.flatMap(kind => [...(kind.claimsOf?.(name) ?? [])]));
}

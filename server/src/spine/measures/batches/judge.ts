import type { Tx } from '../../../kernel/database/transaction.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { providerFor } from '../asked.ts';
import type { Provider } from '../measure.ts';
import type { MeasureDesk } from '../ports.ts';
import { whyNotLifted } from '../shut.ts';
import { isLiftable } from '../transitions.ts';
import { mildKinds } from '../two-persons/store.ts';
import type { Batch, Outcome } from './batch.ts';
import { criticalAmong, standingMeasures } from './store.ts';

/** What is ordered, by whom. */
export type BatchOrder = Pick<Batch, 'deed' | 'kind' | 'providerId'> & { readonly actor: string };

/** What ordering would come to for one subject; `ordered` and `proposed` where nothing speaks against it. */
export interface Verdict {
  readonly outcome: Exclude<Outcome, 'unknown' | 'cancelled'>;
  readonly reason: string | null;
  /** The measure it is about, where there is one. */
  readonly measureId: number | null;
}

type Subject = { readonly subjectId: number; readonly partyId: number };

/**
 * What ordering would come to for each of the subjects as things are now: the preview shows it, and the work goes by it
 * while nobody else orders for the subject. Subjects that row-level security hides are the caller's to leave out.
 */
export async function judgeMembers(
  tx: Tx,
  desk: MeasureDesk,
  order: BatchOrder,
  subjects: readonly Subject[],
): Promise<ReadonlyMap<number, Verdict>> {
  const ids = subjects.map(each => each.subjectId);
  const standing = Map.groupBy(await standingMeasures(tx, ids, order.kind), each => each.subjectId);
  const verdicts = new Map<number, Verdict>();
  const isMild = (await mildKinds(tx)).includes(order.kind);
  const critical = new Set(order.deed === 'lift' || isMild ? [] : await criticalAmong(tx, ids));
  const shut = offers(tx, desk, order);
  for (const { subjectId, partyId } of subjects) {
    const there = standing.get(subjectId) ?? [];
    const told =
      order.deed === 'lift' ? await ofLifting(tx, desk, order.kind, subjectId, there) : ofOrdering(there);
    verdicts.set(subjectId, told ?? fresh(await shut(partyId), critical.has(subjectId), order));
  }
  return verdicts;
}

type Standing = Awaited<ReturnType<typeof standingMeasures>>[number];

/** Null where no measure of the kind stands in the way. */
function ofOrdering(there: readonly Standing[]): Verdict | null {
  const last = there.at(-1);
  if (last === undefined) return null;
  const { measureId, state } = last;
  if (['effective', 'verified', 'closed'].includes(state))
    return { outcome: 'already', reason: null, measureId };
  if (state === 'lift-ordered' || state === 'lift-accepted') return refused('being-lifted', measureId);
  return { outcome: 'joined', reason: null, measureId };
}

async function ofLifting(
  tx: Tx,
  desk: MeasureDesk,
  kind: string,
  subjectId: number,
  there: readonly Standing[],
): Promise<Verdict> {
  const [only, ...others] = there;
  if (only === undefined) return { outcome: 'already', reason: null, measureId: null };
  // Which of several cases lets go is for people to say.
  if (others.length > 0) return refused('several-measures', null);
  const { measureId, state } = only;
  if (state === 'lift-ordered' || state === 'lift-accepted')
    return { outcome: 'joined', reason: null, measureId };
  if (!isLiftable(state)) return refused('measure-not-liftable', measureId);
  const shut = await whyNotLifted(tx, desk, { kind, subjectId, measureId });
  return shut === null ? { outcome: 'ordered', reason: null, measureId } : refused(shut.code, measureId);
}

function fresh(shut: string | null, isCritical: boolean, { actor }: BatchOrder): Verdict {
  if (shut !== null) return refused(shut, null);
  if (!isCritical) return { outcome: 'ordered', reason: null, measureId: null };
  if (!actor.startsWith('person/')) return refused('proposal-needs-person', null);
  return { outcome: 'proposed', reason: null, measureId: null };
}

/** Why nothing can be ordered for a party's subjects, asked once for each party; null when it can. */
function offers(tx: Tx, desk: MeasureDesk, order: BatchOrder): (partyId: number) => Promise<string | null> {
  const known = new Map<number, Promise<string | null>>();
  const ask = async (partyId: number): Promise<string | null> => {
    try {
      return offered(desk, order.kind, await providerFor(tx, partyId, order.providerId ?? undefined));
    } catch (thrown) {
      if (isRefusal(thrown)) return thrown.code;
      throw thrown;
    }
  };
  return partyId => {
    const answer = known.get(partyId) ?? ask(partyId);
    known.set(partyId, answer);
    return answer;
  };
}

function offered(desk: MeasureDesk, kindName: string, provider: Provider): string | null {
  const kind = desk.kinds.find(each => each.kind === kindName);
  const adapter = desk.adapters[provider.adapter];
  if (kind === undefined || adapter === undefined) return 'provider-settings-invalid';
  return adapter.actions?.includes(kind.applies) === false ? 'action-not-offered' : null;
}

function refused(reason: string, measureId: number | null): Verdict {
  return { outcome: 'refused', reason, measureId };
}

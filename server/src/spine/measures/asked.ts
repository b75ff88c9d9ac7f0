import type { Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { Case } from '../cases/case.ts';
import type { MeasureCode, MeasureKind, Provider, Terms } from './measure.ts';
import type { MeasureDesk } from './ports.ts';
import { providerById, providersOf } from './providers/store.ts';

export interface Wanted {
  readonly kind: string;
  readonly terms?: Terms | undefined;
  /** The provider to order from; by default the party's first. */
  readonly providerId?: number | undefined;
  /** It is one of a batch: its letter leaves after those of single orders. */
  readonly isInBatch?: boolean | undefined;
}

/** A measure as it is to be ordered: nothing of it is left to a default. */
export interface Asked {
  readonly kind: string;
  readonly terms: Terms;
  readonly provider: Provider;
  readonly isInBatch?: boolean | undefined;
}

/** Refuses `measure-kind-unknown`, `measure-terms-invalid`, `provider-missing`, `provider-unknown`. */
export async function askedFor(tx: Tx, desk: MeasureDesk, found: Case, wanted: Wanted): Promise<Asked> {
  const kind = kindNamed(desk, wanted.kind);
  const terms = termsFor(kind, wanted.terms ?? {});
  const provider = await providerFor(tx, found.partyId, wanted.providerId);
  return { kind: kind.kind, terms, provider, isInBatch: wanted.isInBatch };
}

export function kindNamed(desk: MeasureDesk, name: string): MeasureKind {
  const kind = desk.kinds.find(candidate => candidate.kind === name);
  if (kind === undefined) throw new Refusal<MeasureCode>('measure-kind-unknown', { detail: { kind: name } });
  return kind;
}

/** Every term of the kind, as asked or by default; a term or value the kind doesn't know is refused. */
export function termsFor(kind: MeasureKind, asked: Terms): Terms {
  for (const [name, value] of Object.entries(asked)) {
    if (kind.terms[name]?.includes(value) === true) continue;
    throw new Refusal<MeasureCode>('measure-terms-invalid', { detail: { kind: kind.kind, term: name } });
  }
  return Object.fromEntries(
    Object.entries(kind.terms).map(([name, values]) => [name, asked[name] ?? (values[0] as string)]),
  );
}

/** The provider named, or the party's first. Refuses `provider-missing`, `provider-unknown`. */
export async function providerFor(
  tx: Tx,
  partyId: number,
  providerId: number | undefined,
): Promise<Provider> {
  if (providerId === undefined) {
    const [first] = await providersOf(tx, partyId);
    if (first === undefined)
      throw new Refusal<MeasureCode>('provider-missing', { subject: `party/${partyId}` });
    return first;
  }
  const provider = await providerById(tx, providerId);
  if (provider === undefined || provider.partyId !== partyId)
    throw new Refusal<MeasureCode>('provider-unknown', { subject: `provider/${providerId}` });
  return provider;
}

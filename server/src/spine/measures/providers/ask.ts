import type { Database } from '../../../kernel/database/transaction.ts';
import type { Logger } from '../../../kernel/log.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import type { Clock } from '../../../kernel/time.ts';
import type { MeasureCode } from '../measure.ts';
import type {
  CardPage,
  CardStanding,
  CardUsage,
  CountedDay,
  MeasureDesk,
  MeasurePort,
  ProviderDefault,
  ProviderState,
} from '../ports.ts';
import { providerById } from './store.ts';

/** What asking a provider needs. */
export interface AskingDoors {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly desk: MeasureDesk;
}

/** The card's state as the provider has it now. Refuses `provider-unknown` and whatever the adapter refuses. */
export async function askState(
  doors: AskingDoors,
  partyId: number,
  providerId: number,
  reference: string,
): Promise<ProviderState> {
  return await (await portFor(doors, partyId, providerId)).state(reference);
}

/** A page of the account's cards. Refuses `provider-tells-nothing` besides. */
export async function askCards(
  doors: AskingDoors,
  partyId: number,
  providerId: number,
  after: string | null,
): Promise<CardPage> {
  const port = await portFor(doors, partyId, providerId);
  if (port.cards === undefined) throw new Refusal<MeasureCode>('provider-tells-nothing');
  return await port.cards(after);
}

/** How many days back a list of the account's cards reaches; null where it holds them all. */
export function looksBackDays(desk: MeasureDesk, adapter: string): number | null {
  return desk.adapters[adapter]?.looksBackDays ?? null;
}

/** Whether providers reached by an adapter can be asked for their cards. */
export function tells(desk: MeasureDesk, adapter: string): boolean {
  return desk.adapters[adapter]?.tellsCards === true;
}

/**
 * How the account has each of some cards; those it does not have, or says nothing readable of, are not there. Refuses
 * `provider-tells-nothing`, and whatever keeps the account from being asked.
 */
export async function askStandings(
  doors: AskingDoors,
  partyId: number,
  providerId: number,
  references: readonly string[],
): Promise<readonly (CardStanding & { readonly reference: string })[]> {
  const port = await portFor(doors, partyId, providerId);
  if (port.standing === undefined) throw new Refusal<MeasureCode>('provider-tells-nothing');
  const all: (CardStanding & { readonly reference: string })[] = [];
  for (const reference of references) {
    const found = await port.standing(reference).catch(thrown => {
      if (isRefusal(thrown) && thrown.code === 'provider-answer-unreadable') return null;
      throw thrown;
    });
    if (found !== null) all.push({ ...found, reference });
  }
  return all;
}

/** What the account's profiles leave open by default; nothing where its contract has none. */
export async function askDefaults(
  doors: AskingDoors,
  partyId: number,
  providerId: number,
): Promise<readonly ProviderDefault[]> {
  return (await (await portFor(doors, partyId, providerId)).defaults?.()) ?? [];
}

/** Closes what the account's profiles leave open; what was closed. Refuses `provider-tells-nothing` besides. */
export async function closeDefaults(
  doors: AskingDoors,
  partyId: number,
  providerId: number,
): Promise<readonly ProviderDefault[]> {
  const port = await portFor(doors, partyId, providerId);
  if (port.defaults === undefined || port.closeDefaults === undefined)
    throw new Refusal<MeasureCode>('provider-tells-nothing');
  const open = (await port.defaults()).filter(each => each.isOpen);
  for (const profile of new Set(open.map(each => each.profile))) await port.closeDefaults(profile);
  return open;
}

/** What the provider counts for the card. Refuses `provider-tells-nothing` besides. */
export async function askUsage(
  doors: AskingDoors,
  partyId: number,
  providerId: number,
  reference: string,
): Promise<CardUsage> {
  const port = await portFor(doors, partyId, providerId);
  if (port.usage === undefined) throw new Refusal<MeasureCode>('provider-tells-nothing');
  return await port.usage(reference);
}

/** Whether providers reached by an adapter can be asked what they count day by day. */
export function countsDays(desk: MeasureDesk, adapter: string): boolean {
  return desk.adapters[adapter]?.countsDays === true;
}

/**
 * What the provider counts for each of some cards on each UTC day from `first` to `last`; those it does not count, or
 * says nothing readable of, are not there. Refuses `provider-tells-nothing`, and whatever keeps the account from being
 * asked.
 */
export async function askDays(
  doors: AskingDoors,
  partyId: number,
  providerId: number,
  references: readonly string[],
  first: string,
  last: string,
): Promise<ReadonlyMap<string, readonly CountedDay[]>> {
  const port = await portFor(doors, partyId, providerId);
  if (port.days === undefined) throw new Refusal<MeasureCode>('provider-tells-nothing');
  const all = new Map<string, readonly CountedDay[]>();
  for (const reference of references) {
    const days = await port.days(reference, first, last).catch(thrown => {
      if (isRefusal(thrown) && thrown.code === 'provider-answer-unreadable') return null;
      throw thrown;
    });
    if (days !== null) all.set(reference, days);
  }
  return all;
}

/** The provider is looked up behind the wall of the asking party; nothing is asked inside a transaction. */
async function portFor(doors: AskingDoors, partyId: number, providerId: number): Promise<MeasurePort> {
  const { database, clock, log, desk } = doors;
  const provider = await database.door(partyId, tx => providerById(tx, providerId));
  if (provider === undefined) throw new Refusal<MeasureCode>('provider-unknown');
  const adapter = desk.adapters[provider.adapter];
  if (adapter === undefined)
    throw new Refusal<MeasureCode>('provider-settings-invalid', { detail: { setting: 'adapter' } });
  const { settings } = provider;
  return adapter(settings, {
    partyId: provider.partyId,
    providerId,
    database,
    clock,
    log,
    outside: desk.outside,
  });
}

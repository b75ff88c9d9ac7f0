import type { Database } from '../../../kernel/database/transaction.ts';
import type { Logger } from '../../../kernel/log.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import type { Clock } from '../../../kernel/time.ts';
import type { MeasureCode } from '../measure.ts';
import type { CardPage, CardUsage, MeasureDesk, MeasurePort, ProviderState } from '../ports.ts';
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

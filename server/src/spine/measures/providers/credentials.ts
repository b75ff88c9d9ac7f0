import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { openBytes, type Place, sealBytes } from '../../../kernel/seal/sealed-bytes.ts';
import type { Hand } from '../../cases/work.ts';
import { stage } from '../../ledger/stage.ts';
import type { MeasureCode, Provider } from '../measure.ts';
import type { AdapterDoors, MeasureDesk } from '../ports.ts';
import { providerById, putCredentials, sealedCredentials } from './store.ts';

/** What a party signs in with, by the names its adapter gives. */
export type Credentials = Readonly<Record<string, string>>;

const MOST_CHARACTERS = 4_000;

/**
 * Keeps what a party signs in with at a provider, sealed. Nobody reads it back; a new one replaces it. It belongs to
 * the provider's host: after a change of address to another host it opens no more, so that nobody who may change an
 * address has the secret sent to a host of theirs.
 *
 * Refuses `provider-unknown`, and `provider-settings-invalid` naming what is missing, unknown or unusable; no refusal
 * and no entry holds a value.
 */
export async function keepCredentials(
  tx: Tx,
  desk: MeasureDesk,
  asked: { readonly providerId: number; readonly fields: Credentials },
  hand: Hand,
): Promise<Provider> {
  const provider = await providerById(tx, asked.providerId);
  if (provider === undefined) throw new Refusal<MeasureCode>('provider-unknown');
  const wanted = desk.adapters[provider.adapter]?.secrets;
  if (wanted === undefined || desk.outside === undefined) throw invalid('adapter');
  const fields = checked(wanted, asked.fields);
  const text = Buffer.from(JSON.stringify(fields), 'utf8');
  const sealed = sealBytes(desk.outside.sealKey, placeOf(provider.providerId, provider.settings.url), text);
  const { providerId, partyId } = provider;
  await putCredentials(tx, { providerId, partyId, sealed, setBy: hand.actor, atMs: hand.atMs });
  await stage(tx, {
    act: 'provider-credentials-set',
    object: `provider/${providerId}`,
    partyId,
    ...hand,
    detail: { adapter: provider.adapter, names: wanted.join(' ') },
  });
  return provider;
}

/**
 * What is kept for the provider at this address, with a version that changes whenever it is set anew.
 * Refuses `provider-credentials-missing`: nothing is kept, or it was kept for another host.
 */
export async function credentialsOf(
  doors: AdapterDoors,
  url: string,
): Promise<{ readonly version: string; readonly fields: Credentials }> {
  const sealed = await doors.database.corridor(tx => sealedCredentials(tx, doors.providerId));
  if (sealed === undefined || doors.outside === undefined) throw missing();
  try {
    const opened = openBytes(doors.outside.sealKey, placeOf(doors.providerId, url), sealed);
    const fields = JSON.parse(opened.toString('utf8')) as Credentials;
    return { version: sealed.toString('base64'), fields };
  } catch (cause) {
    throw missing(cause);
  }
}

function checked(wanted: readonly string[], given: Credentials): Credentials {
  for (const name of Object.keys(given)) if (!wanted.includes(name)) throw invalid(name.slice(0, 40));
  for (const name of wanted) {
    const value = given[name];
    if (value === undefined || value === '' || value.length > MOST_CHARACTERS) throw invalid(name);
    // A line break in a value would write headers of its own.
    if (/\p{Cc}/u.test(value)) throw invalid(name);
  }
  return Object.fromEntries(wanted.map(name => [name, given[name] as string]));
}

function placeOf(providerId: number, url: string): Place {
  return { use: 'provider-credential', provider: providerId, origin: new URL(url).origin };
}

function invalid(setting: string): Refusal<MeasureCode> {
  return new Refusal<MeasureCode>('provider-settings-invalid', { detail: { setting } });
}

function missing(cause?: unknown): Refusal<MeasureCode> {
  return new Refusal<MeasureCode>('provider-credentials-missing', { cause });
}

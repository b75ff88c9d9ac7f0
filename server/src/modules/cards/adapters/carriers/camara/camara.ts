import type { ProviderSettings } from '../../../../../spine/measures/measure.ts';
import type {
  Adapter,
  AdapterDoors,
  MeasurePort,
  Order,
  Outcome,
  ProviderState,
  Submission,
} from '../../../../../spine/measures/ports.ts';
import type { Manner } from '../account.ts';
import { carrierRefusal } from '../codes.ts';
import { type CamaraClient, camaraClient, type Device, type Hold } from './client.ts';
import { deviceOf } from './device.ts';
import { byAssertion, byClient, byToken } from './sign-in.ts';

/** Deeds of measures as the contract has them: which hold, and whether it is set or lifted. */
const DEEDS: Readonly<Record<string, { readonly type: Hold; readonly isOn: boolean }>> = {
  'bind-device': { type: 'IMEIBIND', isOn: true },
  'unbind-device': { type: 'IMEIBIND', isOn: false },
  'hold-area': { type: 'AREALIMIT', isOn: true },
  'release-area': { type: 'AREALIMIT', isOn: false },
};
/** What they answer for a hold that was lifted before. */
const LIFTED_ALREADY: ReadonlySet<string> = new Set([
  'UNNECESSARY_UNBIND_IMEI',
  'UNNECESSARY_UNBIND_AREALIMIT',
]);

/** How each adapter of this contract signs in. */
export const CAMARA_MANNERS: Readonly<Record<string, Manner>> = {
  camara: byClient,
  'camara-key': byAssertion,
  'camara-token': byToken,
};

/**
 * Another operator's server of CAMARA IoT SIM Fraud Prevention as a provider (C-53): a card is bound to the device it is
 * in, or held to the area they have for it. The contract has no key for a repeated order, so what became of one whose
 * answer was lost is read off the card: every order is for a state, and one for the state a card is in is done.
 */
export const camara: Adapter = adapterBy('camara', ['client_id', 'client_secret', 'token_url']);
export const camaraByKey: Adapter = adapterBy('camara-key', ['client_id', 'private_key', 'token_url']);
export const camaraByToken: Adapter = adapterBy('camara-token', ['access_token']);

function adapterBy(name: string, secrets: readonly string[]): Adapter {
  const port = (settings: ProviderSettings, doors: AdapterDoors): MeasurePort => {
    const client = camaraClient(settings, doors, CAMARA_MANNERS[name] as Manner);
    const device = (reference: string) =>
      doors.database.door(doors.partyId, tx => deviceOf(tx, doors.partyId, reference, doors.clock.now()));
    return {
      submit: async order => submit(client, await device(order.reference), order),
      outcome: async (providerOrder, reference) => outcome(client, await device(reference), providerOrder),
      state: async (reference, action) => state(client, await device(reference), action, doors.clock.now()),
    };
  };
  return Object.assign(port, { secrets, version: 'v0.1', actions: Object.keys(DEEDS) });
}

async function submit(client: CamaraClient, device: Device | null, { action }: Order): Promise<Submission> {
  const deed = DEEDS[action];
  if (deed === undefined) return { taken: false, reason: 'action-not-offered' };
  if (device === null) return { taken: false, reason: 'card-without-number' };
  const before = await client.holds(device, deed.type);
  if ('refused' in before) return { taken: false, reason: reasonOf(before.refused) };
  if (before.isHeld === deed.isOn) return { taken: true, providerOrder: `already/${action}` };
  const answer = await client.set(device, deed.type, deed.isOn);
  if ('refused' in answer)
    return !deed.isOn && LIFTED_ALREADY.has(answer.refused)
      ? { taken: true, providerOrder: `already/${action}` }
      : { taken: false, reason: reasonOf(answer.refused) };
  if (!answer.isDone) return { taken: false, reason: deed.isOn ? 'not-held-there' : 'not-lifted-there' };
  return { taken: true, providerOrder: `ordered/${action}` };
}

async function outcome(client: CamaraClient, device: Device | null, providerOrder: string): Promise<Outcome> {
  const [how, action = ''] = providerOrder.split('/');
  const deed = DEEDS[action];
  if (deed === undefined || device === null) return { state: 'queued', reason: 'card-without-number' };
  const now = await client.holds(device, deed.type);
  if ('refused' in now) return { state: 'queued', reason: reasonOf(now.refused) };
  return now.isHeld === deed.isOn ? { state: 'done', already: how === 'already' } : { state: 'queued' };
}

/** Since when a card is held the contract does not tell, nor of attempts turned away. Without a deed: held in either way. */
async function state(
  client: CamaraClient,
  device: Device | null,
  action: string | undefined,
  nowMs: number,
): Promise<ProviderState> {
  if (device === null) throw carrierRefusal('provider-card-unknown');
  const types: readonly Hold[] =
    DEEDS[action ?? ''] === undefined ? ['IMEIBIND', 'AREALIMIT'] : [DEEDS[action ?? '']!.type];
  let restricted = false;
  for (const type of types) {
    const now = await client.holds(device, type);
    if ('refused' in now) throw carrierRefusal('provider-card-unknown', { code: now.refused });
    restricted ||= now.isHeld;
  }
  return { restricted, sinceMs: nowMs, refusedAttempts: 0, lastRefusedMs: null };
}

function reasonOf(code: string): string {
  return code === 'IDENTIFIER_NOT_FOUND' || code === 'NOT_FOUND' ? 'card-unknown-to-provider' : code;
}

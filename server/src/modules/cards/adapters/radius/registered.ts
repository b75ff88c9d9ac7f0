import type { Database } from '../../../../kernel/database/transaction.ts';
import { Refusal } from '../../../../kernel/refusal.ts';
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../kernel/time.ts';
import { listSources } from '../../../../spine/observations/sources.ts';
import { recorded } from '../../../../spine/registry/recorded.ts';
import { addressOf, isAddress } from './addresses.ts';
import { radiusOf } from './running.ts';
import { addClient, type Direction, endClient } from './store.ts';

export type RadiusClientCode = 'radius-client-refused' | 'radius-client-taken' | 'radius-client-unknown';

/** Where access servers take requests (RFC 5176 §2.1), and after how long without a word a session counts as over. */
const DYNAMIC_PORT = 3_799;
const SILENCE_MS = 6 * HOUR_MS;
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const FILE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export interface WantedClient {
  readonly name: string;
  readonly address: string;
  readonly sourceId: number;
  readonly secretFile: string;
  readonly direction?: Direction | undefined;
  readonly port?: number | undefined;
  readonly silenceMs?: number | undefined;
  readonly needsHmac?: boolean | undefined;
}

interface Doors {
  readonly database: Database;
  readonly clock: Clock;
}
interface Actor {
  readonly partyId: number;
  readonly label: string;
}

/**
 * Registers an access server of the party. The secret is never sent here: it lies in a file that the operator puts
 * into the party's folder, and only the file's name is told. Refuses `radius-client-refused` with all faults at once,
 * and `radius-client-taken` when address or name are.
 */
export async function registerClient(doors: Doors, actor: Actor, asked: WantedClient): Promise<number> {
  const { partyId, label } = actor;
  const { name, sourceId } = asked;
  const attempt = {
    act: 'radius-client-set',
    object: `party/${partyId}`,
    partyId,
    actor: label,
    detail: { source: sourceId },
  };
  const client = {
    ...{ name, sourceId, partyId, secretFile: asked.secretFile, address: addressOf(asked.address) },
    direction: asked.direction ?? null,
    port: asked.port ?? DYNAMIC_PORT,
    silenceMs: asked.silenceMs ?? SILENCE_MS,
    needsHmac: asked.needsHmac ?? false,
  };
  const clientId = await recorded(doors, attempt, async tx => {
    const source = (await listSources(tx, sourceId - 1, 1))[0];
    const isOwn = source?.sourceId === sourceId && source.partyId === partyId && source.retiredAtMs === null;
    const faults = [
      ...faultsOf(asked, client.silenceMs),
      ...(isOwn && source.format === 'freeradius-detail'
        ? []
        : ['source: a source of this party in the format freeradius-detail']),
    ];
    if (faults.length > 0)
      throw new Refusal<RadiusClientCode>('radius-client-refused', { detail: { faults: faults.join('; ') } });
    const added = await addClient(tx, client, { actor: label, atMs: doors.clock.now() });
    if (added === undefined) throw new Refusal<RadiusClientCode>('radius-client-taken');
    return { result: added, object: `radius-client/${added}` };
  });
  await radiusOf(doors.database)?.clients.load();
  return clientId;
}

/** From the commit on its packets are those of an unknown client. Refuses `radius-client-unknown`. */
export async function endRegistered(doors: Doors, actor: Actor, clientId: number): Promise<void> {
  const { partyId, label } = actor;
  const attempt = { act: 'radius-client-ended', object: `radius-client/${clientId}`, partyId, actor: label };
  await recorded(doors, attempt, async tx => {
    if (!(await endClient(tx, clientId, doors.clock.now())))
      throw new Refusal<RadiusClientCode>('radius-client-unknown', { subject: `radius-client/${clientId}` });
    return { result: undefined };
  });
  await radiusOf(doors.database)?.clients.load();
}

function faultsOf(
  { name, address, secretFile, port = DYNAMIC_PORT }: WantedClient,
  silenceMs: number,
): string[] {
  const faults: string[] = [];
  if (!NAME.test(name)) faults.push('name: lower-case letters, digits and hyphens, 1 to 63 of them');
  if (!isAddress(address)) faults.push('address: one IPv4 or IPv6 address');
  if (!FILE.test(secretFile)) faults.push("secretFile: the name of a file in the party's folder, no path");
  if (port < 1 || port > 65_535) faults.push('port: 1 to 65535');
  if (silenceMs < MINUTE_MS || silenceMs > 400 * DAY_MS) faults.push('silenceMs: a minute to 400 days');
  return faults;
}

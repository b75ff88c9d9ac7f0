import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiClient } from '../api-client.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';
import { AccessServer, SECRET } from './access-server.ts';

const PASSWORD = 'a long enough pass phrase 6';

/** A server with RADIUS switched on, one source, one access server, and cards that are suspended by policy. */
export interface RadiusScene {
  server: ServerProcess;
  readonly client: ApiClient;
  readonly partyId: number;
  readonly sourceId: number;
  /** Where accounting is sent; changes with a restart. */
  readonly to: { port: number };
  readonly secrets: string;
  readonly nas: AccessServer;
  readonly nasId: number;
  restart(how: 'stop' | 'kill'): Promise<void>;
  close(): Promise<void>;
}

export const imsiOf = (n: number): string => `26201${String(1_000_000_000 + n)}`;
export const iccidOf = (n: number): string => `8949000000${String(100_000_000 + n)}`;
/** Two devices a card may be in, of which it is alone in each. */
export const DEVICES = ['3534260911472301', '3569380723814402'] as const;
export const deviceOf = (n: number, which: 0 | 1): string =>
  `${['35342609', '35693807'][which]}${String(n).padStart(6, '0')}01`;

export async function openRadiusScene(
  cards: number,
  more: { direction?: string } = {},
): Promise<RadiusScene> {
  const folder = dataFolder();
  const secrets = join(folder.path, 'secrets');
  mkdirSync(secrets);
  const env = { THINGWARD_RADIUS_PORT: '0', THINGWARD_RADIUS_SECRETS: secrets };
  const server = await startServer(folder.path, { env });
  const client = new ApiClient(server.address);
  await client.signIn(server.first!.email, server.first!.password, PASSWORD);
  const me = await client.get<{ partyId: number }>('/me');
  mkdirSync(join(secrets, String(me.partyId)));
  writeFileSync(join(secrets, String(me.partyId), 'nas'), `${SECRET}\n`);
  const table = ['iccid,imsi', ...Array.from({ length: cards }, (_, n) => `${iccidOf(n)},${imsiOf(n)}`)];
  await client.importTable('cards', `${table.join('\n')}\n`);
  const profile = { counter: 'per-series', ...more };
  const { id: sourceId } = await client.post<{ id: number }>('/sources', {
    name: 'core',
    format: 'freeradius-detail',
    profile,
  });
  const to = { port: await portOf(client) };
  const nas = await AccessServer.open(to);
  const { id: nasId } = await client.post<{ id: number }>('/radius/clients', {
    ...{ name: 'ggsn-1', address: '127.0.0.1', sourceId, secretFile: 'nas', port: nas.port },
  });
  const settings = { url: 'radius:sessions', quietMs: 1_000 };
  await client.post('/providers', { name: 'own core', adapter: 'radius', settings });
  await client.put('/measure-policies', {
    ruleId: 'card-in-another-device',
    measure: 'suspend-card',
    mode: 'order',
  });
  const scene: RadiusScene = {
    ...{ server, client, partyId: me.partyId, sourceId, to, secrets, nas, nasId },
    restart: async how => {
      await scene.server[how]();
      scene.server = await startServer(folder.path, { env });
      const again = new ApiClient(scene.server.address);
      await again.signIn(server.first!.email, PASSWORD);
      Object.assign(client, { address: again.address, token: again.token });
      to.port = await portOf(client);
    },
    close: async () => {
      nas.close();
      await scene.server.stop();
      folder.remove();
    },
  };
  return scene;
}

async function portOf(client: ApiClient): Promise<number> {
  const { live } = await client.get<{ live: { radius: { port: number } } }>('/status');
  return live.radius.port;
}

/**
 * Our gateway for `bench/mqtt.ts`, in a process of its own: TLS, the embedded broker and what puts its messages on the
 * corridor, over a database that is launched elsewhere. Tells its parent where it is, and who may come.
 */
import { X509Certificate } from 'node:crypto';
import { sql } from 'kysely';
import { migrationFolders } from '../server/src/kernel/database/migrate.ts';
import { openDatabase } from '../server/src/kernel/database/open.ts';
import type { TestDatabase } from '../server/src/kernel/database/test-database.ts';
import { silentLog } from '../server/src/kernel/log.ts';
import { gatewayScene, type Identity } from '../tests/gateway/gateway-scene.ts';

export interface Told {
  readonly port: number;
  /** Of MQTT 5, which goes on to a Mosquitto. */
  readonly port5: number;
  readonly serverCert: string;
  readonly serverKey: string;
  /** The authority that issued the devices' certificates, and its root, as PEM. */
  readonly above: string;
  readonly publisher: Identity;
  readonly subscriber: Identity;
  readonly durable: boolean;
}

const [, , databaseUrl = '', dataDir = '', mosquitto = '', passwordFile = ''] = process.argv;
const opened = await openDatabase({ databaseUrl, dataDir, log: silentLog, migrations: migrationFolders() });
await opened.leafFor(Date.now());
const settings = { gatewayMqtt5Port: 0, gatewayMosquitto: mosquitto, gatewayMosquittoPassword: passwordFile };
const scene = await gatewayScene(opened as unknown as TestDatabase, 'bench', each => each, { settings });
await scene.rights(['up/{serial}/#'], ['up/#']);
const { authority, root } = scene.devices;
const above = [authority.certificate as Buffer, root.certificate].map(der =>
  new X509Certificate(der).toString(),
);
const told: Told = {
  ...{
    port: scene.mqttPort,
    port5: Number(scene.part.describe()['mqtt5Port']),
    serverCert: scene.serverCert,
    serverKey: scene.serverKey,
    above: above.join(''),
  },
  ...{ publisher: await scene.device('P1'), subscriber: await scene.device('S1') },
  durable: opened.durability.durable,
};
process.on('message', () => void count().then(stored => process.send?.(stored)));
process.once('disconnect', () => void scene.close().then(() => opened.close()));
process.send?.(told);

/** Messages that are stored. */
async function count(): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from observation where kind = 'device-telemetry'`.execute(opened.owner);
  return rows[0]?.n as number;
}

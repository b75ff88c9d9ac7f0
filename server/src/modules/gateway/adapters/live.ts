import { constants } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer as createHttps, type Server as HttpsServer } from 'node:https';
import { createServer as createTls, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { listenAt, pairAtStart } from '../../../kernel/listeners.ts';
import { startLoop } from '../../../kernel/loop.ts';
import { TLS_RULES, tlsRenewal } from '../../../kernel/tls-files.ts';
import type { LiveDoors, LivePart } from '../../../spine/live-part.ts';
import { Gate } from '../gate.ts';
import { HttpsDoor } from './https-ingest.ts';
import type { MosquittoPlace } from './mosquitto/link.ts';
import { MosquittoBroker } from './mosquitto/mosquitto-broker.ts';
import { MqttDoor } from './mqtt.ts';
import { PartyBroker } from './party-broker.ts';

/** How often the register is asked what changed: a revocation is to be felt within a second (I-01). */
const LOOK_MS = 200;
const RENEW_MS = 1_000;
const HANDSHAKE_MS = 10_000;
const MOST_CONNECTIONS = 20_000;

/**
 * Opens the gateway where the operator set a port for it. The handshake takes any certificate: whether it is one of ours,
 * and stands, is decided by the register afterwards, before an octet of the device is read, so that the reason is known
 * and told, and a list that ran out locks nobody out (I-05).
 */
export async function openGateway(doors: LiveDoors): Promise<LivePart | null> {
  const { log, credentials, settings } = doors;
  const { gatewayMqttPort, gatewayMqtt5Port, gatewayHttpsPort, gatewayHost, gatewayCert, gatewayKey } =
    settings;
  if ([gatewayMqttPort, gatewayMqtt5Port, gatewayHttpsPort].every(each => each === undefined)) return null;
  if (credentials === undefined) throw new Error('no room keeps certificates of devices');
  const mqtts: MqttDoor[] = [];
  const gate = new Gate({ ...doors, credentials }, async ended =>
    (await Promise.all(mqtts.map(each => each.withdraw(ended)))).flat(),
  );
  const https = new HttpsDoor(gate);
  const files = { certFile: String(gatewayCert), keyFile: String(gatewayKey) };
  const pair = pairAtStart(files, { cert: 'THINGWARD_GATEWAY_CERT', key: 'THINGWARD_GATEWAY_KEY' });
  const options = {
    ...{ cert: pair.cert, key: pair.key, ...TLS_RULES },
    ...{ requestCert: true, rejectUnauthorized: false, handshakeTimeout: HANDSHAKE_MS },
    // A resumed session would not show its certificate again (I-02).
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
  const servers: TlsServer[] = [];
  const ports: Record<string, number> = {};
  const listen = async (name: string, server: TlsServer, port: unknown, setting: string): Promise<void> => {
    server.maxConnections = MOST_CONNECTIONS;
    server.on('tlsClientError', () => {
      gate.counts.refused += 1;
    });
    server.on('secureConnection', (socket: TLSSocket) => socket.on('error', () => {}));
    const place = { port: Number(port), host: String(gatewayHost) };
    ports[name] = await listenAt(server, place, { port: setting, host: 'THINGWARD_GATEWAY_HOST' });
    servers.push(server);
  };
  const listenForMqtt = async (
    name: string,
    mqtt: MqttDoor,
    port: unknown,
    setting: string,
  ): Promise<void> => {
    mqtts.push(mqtt);
    const server = createTls(options, socket => {
      mqtt.accept(socket).catch(cause => {
        log.warn({ err: cause }, 'a device could not be looked at and was not let in');
        socket.destroy();
      });
    });
    await listen(name, server, port, setting);
  };
  if (gatewayMqttPort !== undefined) {
    const mqtt = new MqttDoor(gate, (_, of) => PartyBroker.open(of), false);
    await listenForMqtt('mqttPort', mqtt, gatewayMqttPort, 'THINGWARD_GATEWAY_MQTT_PORT');
  }
  if (gatewayMqtt5Port !== undefined) {
    const place = mosquittoIn(settings);
    const mqtt = new MqttDoor(gate, async (partyId, of) => new MosquittoBroker(place, partyId, of), true);
    await listenForMqtt('mqtt5Port', mqtt, gatewayMqtt5Port, 'THINGWARD_GATEWAY_MQTT5_PORT');
  }
  if (gatewayHttpsPort !== undefined) {
    const limits = { requestTimeout: 20_000, headersTimeout: 10_000, maxHeaderSize: 8_192 };
    const server = createHttps({ ...options, ...limits }, (request, response) => {
      void https.answer(request, response);
    });
    server.on('secureConnection', (socket: TLSSocket) => https.accept(socket));
    await listen('httpsPort', server, gatewayHttpsPort, 'THINGWARD_GATEWAY_HTTPS_PORT');
  }
  const renew = tlsRenewal(
    files,
    pair,
    fresh => {
      for (const server of servers)
        server.setSecureContext({ ...fresh, secureOptions: options.secureOptions });
    },
    log,
    'gateway',
  );
  const loops = [
    startLoop({ name: 'gateway', log, restMs: LOOK_MS, step: () => done(gate.sessions.look()) }),
    // By itself: what cannot be written down holds up no look.
    startLoop({
      name: 'gateway-endings',
      log,
      restMs: LOOK_MS,
      step: () => done(gate.endings.settle(doors.database)),
    }),
    startLoop({ name: 'gateway-tls', log, restMs: RENEW_MS, step: () => done(Promise.resolve(renew())) }),
  ];
  return {
    name: 'gateway',
    describe: () => ({
      ...ports,
      connections: gate.sessions.size,
      productsWithoutRights: gate.sessions.withoutRights,
      endingsToWrite: gate.endings.size,
      ...gate.counts,
    }),
    close: async () => {
      await Promise.all(loops.map(loop => loop.stop()));
      for (const each of mqtts) await each.close();
      gate.sessions.closeAll();
      await gate.endings.settle(doors.database).catch(cause => {
        log.error({ err: cause }, 'what a gateway ended could not be written down');
      });
      for (const server of servers) {
        (server as Partial<HttpsServer>).closeAllConnections?.();
        await new Promise<void>(resolve => server.close(() => resolve()));
      }
    },
  };
}

async function done(work: Promise<unknown>): Promise<boolean> {
  await work;
  return false;
}

/** The password is read once: another one wants a restart. */
function mosquittoIn({ gatewayMosquitto, gatewayMosquittoPassword }: LiveDoors['settings']): MosquittoPlace {
  const { hostname, port } = new URL(`mqtt://${gatewayMosquitto}`);
  const password = Buffer.from(readFileSync(String(gatewayMosquittoPassword), 'utf8').trim());
  return { host: hostname, port: Number(port || 1_883), password };
}

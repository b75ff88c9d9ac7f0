/** One device on every path at once: when each took something of it last. Moments are those of `performance.now`. */
import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type SecureVersion, type TLSSocket } from 'node:tls';
import type { MqttClient } from 'mqtt';
import { heard } from '../../server/src/modules/devices/testing/told.ts';
import { type Device, enter, type Scene, type Server } from './scene.ts';

export const PATHS = ['mqtt', 'mqtt-closed', 'https', 'resumption', 'ocsp', 'est'] as const;
export type Path = (typeof PATHS)[number];

/** When something was taken last; null when nothing was since the probe began. */
export type Last = number | null;

export interface Probe {
  readonly path: Path;
  readonly lastAt: Last;
}

/** So many refusals one after the other are an end. */
const REFUSALS = 3;

/** Tries again and again until it was refused so often in a row. */
async function untilRefused(pauseMs: number, isTaken: () => Promise<boolean>): Promise<Last> {
  let lastAt: Last = null;
  for (let refused = 0; refused < REFUSALS; ) {
    if (await isTaken()) {
      lastAt = performance.now();
      refused = 0;
    } else refused += 1;
    await sleep(pauseMs);
  }
  return lastAt;
}

/** Messages one after the other until the connection is gone; then the door is tried. */
export async function byMqtt(
  scene: Scene,
  server: Server,
  one: Device,
  client: MqttClient,
): Promise<readonly Probe[]> {
  let closedAt: Last = null;
  const closed = new Promise<false>(resolve =>
    client.once('close', () => {
      closedAt = performance.now();
      resolve(false);
    }),
  );
  let lastAt: Last = null;
  while (closedAt === null) {
    const sent = client.publishAsync(`up/${one.serial}/state`, '21.5', { qos: 1 }).then(
      () => true,
      () => false,
    );
    if (await Promise.race([sent, closed])) lastAt = performance.now();
    await sleep(40);
  }
  const again = await untilRefused(100, async () => {
    const back = await enter(scene, server, one).catch(() => null);
    back?.end(true);
    return back !== null;
  });
  return [
    { path: 'mqtt', lastAt: again ?? lastAt },
    { path: 'mqtt-closed', lastAt: closedAt },
  ];
}

/** Posts on a connection that is kept open, and on a new one when it is cut. */
export async function byHttps(scene: Scene, server: Server, one: Device): Promise<Probe> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: scene.ca, cert: one.cert, key: one.key });
  const lastAt = await untilRefused(50, async () => {
    const at = { port: server.httpsPort, path: `/telemetry/up/${one.serial}/state` };
    return (await post(agent, at, {}, '21.5')) === 204;
  });
  agent.destroy();
  return { path: 'https', lastAt };
}

/** The session of TLS that a device was given, if any, and whether one was ever taken up again. */
export interface Kept {
  readonly version: SecureVersion;
  session: Buffer | undefined;
  wasResumed: boolean;
}

export const resumable = (i: number): Kept => ({
  version: i % 2 === 0 ? 'TLSv1.2' : 'TLSv1.3',
  session: undefined,
  wasResumed: false,
});

/** New connections that offer the session of an earlier one; each sends a post. */
export async function byResumption(scene: Scene, server: Server, one: Device, kept: Kept): Promise<Probe> {
  return { path: 'resumption', lastAt: await untilRefused(150, () => resumed(scene, server, one, kept)) };
}

/** Whether a post was taken on a new connection, which offers the session kept and keeps the one it is given. */
export function resumed({ ca }: Scene, { httpsPort }: Server, one: Device, kept: Kept): Promise<boolean> {
  return new Promise(resolve => {
    const socket: TLSSocket = connect({
      ...{ host: '127.0.0.1', port: httpsPort, servername: 'localhost', ca, cert: one.cert, key: one.key },
      ...{ minVersion: kept.version, maxVersion: kept.version },
      ...(kept.session === undefined ? {} : { session: kept.session }),
    });
    let answer = '';
    socket.on('session', session => {
      kept.session = session;
    });
    socket.on('secureConnect', () => {
      kept.wasResumed ||= socket.isSessionReused();
      kept.session ??= socket.getSession();
      const head = `POST /telemetry/up/${one.serial}/state HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`;
      socket.write(`${head}Content-Length: 4\r\n\r\n21.5`);
    });
    socket.on('data', part => {
      answer += part.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer.startsWith('HTTP/1.1 204')));
  });
}

/** The question about it, until the answer is that it is revoked. */
export async function byOcsp(scene: Scene, server: Server, one: Device): Promise<Probe> {
  const body = new Uint8Array(scene.question(one));
  const headers = { 'content-type': 'application/ocsp-request' };
  const lastAt = await untilRefused(50, async () => {
    const answer = await fetch(`${server.process.address}/pki/ocsp`, { method: 'POST', headers, body });
    const [said] = heard(new Uint8Array(await answer.arrayBuffer())).said;
    if (said !== 'good' && said !== 'revoked 1') throw new Error(`OCSP said ${said}`);
    return said === 'good';
  });
  return { path: 'ocsp', lastAt };
}

/** Calls of EST with it; each that is answered with a certificate counts. */
export async function byEst(scene: Scene, server: Server, one: Device): Promise<Probe> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: scene.ca, cert: one.cert, key: one.key });
  const at = { port: server.estPort, path: `/.well-known/est/${scene.estLabel}/simplereenroll` };
  const headers = { 'content-type': 'application/pkcs10' };
  const lastAt = await untilRefused(
    100,
    async () => (await post(agent, at, headers, one.request.toString('base64'))) === 200,
  );
  agent.destroy();
  return { path: 'est', lastAt };
}

/** The status, or 0 where there was no answer. */
function post(
  agent: Agent,
  { port, path }: { readonly port: number; readonly path: string },
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<number> {
  return new Promise(resolve => {
    const asked = request(
      { agent, host: '127.0.0.1', port, servername: 'localhost', path, method: 'POST', headers },
      answer => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
        answer.on('error', () => resolve(0));
        answer.on('close', () => resolve(0));
      },
    );
    asked.on('error', () => resolve(0));
    asked.end(body);
  });
}

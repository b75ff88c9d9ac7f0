/**
 * Illegal use on live RADIUS until its session is ended: milliseconds from the first sending of the record that shows
 * it to the Disconnect-Request that its access server receives.
 *
 * The whole server runs in a process of its own with its own database; the access server here sends Interim-Updates of
 * many cards over many ports, each packet once, and counts one that is not answered within three seconds as lost. The
 * highest loss-free rate is sought first: at it every packet is answered and judging keeps up. Then half of it is sent
 * for `--seconds`, and `--per-second` cards turn up in another device meanwhile; each is suspended by policy.
 */
import { createSocket, type Socket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { signedRequest } from '../server/src/modules/cards/adapters/radius/authenticators.ts';
import { CODES } from '../server/src/modules/cards/adapters/radius/packet.ts';
import { attributesOf, type Record, SECRET } from '../tests/radius/access-server.ts';
import { deviceOf, imsiOf, openRadiusScene, type RadiusScene } from '../tests/radius/scene.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    cards: { type: 'string', default: '20000' },
    'per-second': { type: 'string', default: '3' },
    rate: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const perSecond = Number(values['per-second']);
const wrongdoers = Math.ceil(seconds * perSecond) + 20;
const lawful = Number(values.cards);
const LOST_MS = 3_000;
const secret = Buffer.from(SECRET);

/** One port of the access server: at most 256 requests are under way on it. */
class Port {
  private readonly waiting = new Map<number, { atMs: number; done: (tookMs: number | null) => void }>();
  private id = 0;
  private readonly socket: Socket;
  private readonly to: { port: number };

  constructor(socket: Socket, to: { port: number }) {
    this.socket = socket;
    this.to = to;
    socket.on('message', bytes => {
      const found = this.waiting.get(bytes.readUInt8(1));
      this.waiting.delete(bytes.readUInt8(1));
      found?.done(performance.now() - found.atMs);
    });
  }

  get isFull(): boolean {
    return this.waiting.size >= 256;
  }

  /** Milliseconds until the answer, or null when it was lost. */
  send(record: Record): Promise<number | null> {
    do this.id = (this.id + 1) % 256;
    while (this.waiting.has(this.id));
    const id = this.id;
    const bytes = signedRequest(CODES.accountingRequest, id, attributesOf(record), secret, false);
    return new Promise(resolve => {
      this.waiting.set(id, { atMs: performance.now(), done: resolve });
      this.socket.send(bytes, this.to.port, '127.0.0.1');
    });
  }

  /** Gives up what has waited too long; how many. */
  sweep(): number {
    let lost = 0;
    for (const [id, { atMs, done }] of this.waiting) {
      if (performance.now() - atMs < LOST_MS) continue;
      this.waiting.delete(id);
      done(null);
      lost += 1;
    }
    return lost;
  }
}

interface Sent {
  sent: number;
  lost: number;
  /** Not sent because every port was full: the server is behind by thousands. */
  unsent: number;
  readonly answers: number[];
}

let ports: Port[] = [];
let turn = 0;
const rounds = new Int32Array(lawful);

function freePort(): Port | null {
  for (let tries = 0; tries < ports.length; tries++) {
    turn = (turn + 1) % ports.length;
    if (!ports[turn]!.isFull) return ports[turn]!;
  }
  return null;
}

/** Lawful use at a rate, for so long. */
async function drive(rate: number, forMs: number): Promise<Sent> {
  const told: Sent = { sent: 0, lost: 0, unsent: 0, answers: [] };
  const beganMs = performance.now();
  let due = 0;
  for (let n = 0; performance.now() - beganMs < forMs; ) {
    due = ((performance.now() - beganMs) / 1_000) * rate;
    for (; n < due; n++) {
      const port = freePort();
      if (port === null) {
        told.unsent += 1;
        continue;
      }
      told.sent += 1;
      void port.send(lawfulRecord()).then(tookMs => {
        if (tookMs === null) told.lost += 1;
        else told.answers.push(tookMs);
      });
    }
    await sleep(2);
  }
  await sleep(200);
  for (let waited = 0; waited < LOST_MS && told.answers.length + told.lost < told.sent; waited += 50)
    await sleep(50);
  return told;
}

let next = 0;
function lawfulRecord(): Record {
  next = (next + 7_919) % lawful;
  rounds[next]! += 1;
  const round = rounds[next]!;
  return {
    ...{
      status: round === 1 ? 'Start' : 'Interim-Update',
      session: `l${next}`,
      imsi: imsiOf(next),
      imeisv: deviceOf(next, 0),
    },
    ...{ network: '26201', up: round * 50, down: round * 30, seconds: round, atMs: Date.now() },
  };
}

interface Status {
  readonly judge: { readonly waitingRecords: number };
  readonly live: { readonly radius: { readonly [name: string]: number } };
}

async function lag(scene: RadiusScene): Promise<number> {
  return (await scene.client.get<Status>('/status')).judge.waitingRecords;
}

/** Every lawful card opens its session, so that what is measured is a network at work and not one that begins. */
async function begin(scene: RadiusScene): Promise<void> {
  const beganMs = performance.now();
  for (let n = 0; n < lawful; n += 200) {
    const told = Array.from({ length: Math.min(200, lawful - n) }, () => freePort()!.send(lawfulRecord()));
    await Promise.all(told);
    while ((await lag(scene)) > 2_000) await sleep(100);
  }
  while ((await lag(scene)) > 0) await sleep(100);
  console.log(`sessions_opened=${lawful} seconds=${((performance.now() - beganMs) / 1_000).toFixed(0)}`);
}

/** Whether nothing was lost and judging is through soon after. */
async function keepsUp(scene: RadiusScene, rate: number): Promise<boolean> {
  const told = await drive(rate, 10_000);
  const beganMs = performance.now();
  while ((await lag(scene)) > 0 && performance.now() - beganMs < 1_500) await sleep(50);
  const behind = await lag(scene);
  const isLossFree = told.lost + told.unsent === 0 && behind === 0;
  console.log(
    `rate=${rate} sent=${told.sent} lost=${told.lost} unsent=${told.unsent} answer_p99_ms=${quantile(told.answers, 0.99)} behind_after=${behind} loss_free=${isLossFree}`,
  );
  while ((await lag(scene)) > 0) await sleep(200);
  return isLossFree;
}

async function highestRate(scene: RadiusScene): Promise<number> {
  let best = 0;
  for (let rate = 50; rate < 50_000; rate = Math.round(rate * 1.4)) {
    // What else runs on the machine may cost one try.
    if (!((await keepsUp(scene, rate)) || (await keepsUp(scene, rate)))) break;
    best = rate;
  }
  return best;
}

interface Crime {
  sentMs: number;
  answeredMs: number;
  endedMs: number;
}

/** Every wrongdoer opens a session in its own device, before anything is measured. */
async function beginWrong(scene: RadiusScene): Promise<void> {
  for (let n = lawful; n < lawful + wrongdoers; n += 50) {
    await Promise.all(
      Array.from({ length: Math.min(50, lawful + wrongdoers - n) }, (_, i) =>
        freePort()!.send(wrong(n + i, 0, 'Start')),
      ),
    );
  }
  while ((await lag(scene)) > 0) await sleep(100);
}

async function commit(scene: RadiusScene): Promise<Map<number, Crime>> {
  const crimes = new Map<number, Crime>();
  const first = lawful;
  scene.nas.onDisconnect = ({ session }) => {
    const crime = crimes.get(Number(session.slice(1)));
    if (crime !== undefined && crime.endedMs === 0) crime.endedMs = performance.now();
    const told = wrong(Number(session.slice(1)), 1, 'Stop');
    setTimeout(() => void freePort()?.send({ ...told, seconds: 99 }), 20);
  };
  const beganMs = performance.now();
  for (let k = 0; performance.now() - beganMs < seconds * 1_000; k++) {
    // Evenly, with a jitter that keeps them from falling in step with anything.
    const dueMs = ((k + Math.random()) / perSecond) * 1_000;
    await sleep(Math.max(0, dueMs - (performance.now() - beganMs)));
    if (k >= wrongdoers) break;
    const crime: Crime = { sentMs: performance.now(), answeredMs: 0, endedMs: 0 };
    crimes.set(first + k, crime);
    void freePort()!
      .send(wrong(first + k, 1, 'Interim-Update'))
      .then(() => {
        crime.answeredMs = performance.now();
      });
  }
  await sleep(5_000);
  return crimes;
}

function wrong(n: number, which: 0 | 1, status: Record['status']): Record {
  const imeisv = deviceOf(n, which);
  const atMs = status === 'Start' ? Date.now() - 60_000 : Date.now();
  return {
    status,
    session: `w${n}`,
    imsi: imsiOf(n),
    imeisv,
    network: '26201',
    up: 10,
    down: 10,
    seconds: 60,
    atMs,
  };
}

function quantile(numbers: readonly number[], q: number): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted.length === 0
    ? 'none'
    : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]!.toFixed(0);
}

function tell(name: string, numbers: readonly number[]): void {
  const at = (q: number): string => quantile(numbers, q);
  console.log(
    `${name} n=${numbers.length} p50_ms=${at(0.5)} p90_ms=${at(0.9)} p99_ms=${at(0.99)} max_ms=${at(1)}`,
  );
}

const scene = await openRadiusScene(lawful + wrongdoers);
try {
  ports = await Promise.all(
    Array.from({ length: 24 }, async () => {
      const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
      await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve));
      return new Port(socket, scene.to);
    }),
  );
  const sweeping = setInterval(() => {
    for (const port of ports) port.sweep();
  }, 250);
  await begin(scene);
  const best = values.rate === undefined ? await highestRate(scene) : Number(values.rate) * 2;
  console.log(`highest_loss_free_rate=${best}`);
  const half = Math.round(best / 2);
  // Beside a stream the judge is never seen with nothing to do.
  await beginWrong(scene);
  const [told, crimes] = await Promise.all([drive(half, seconds * 1_000 + 6_000), commit(scene)]);
  clearInterval(sweeping);
  const all = [...crimes.values()];
  const ended = all.filter(crime => crime.endedMs > 0);
  console.log(
    `rate=${half} sent=${told.sent} lost=${told.lost} unsent=${told.unsent} seconds=${seconds} cards=${lawful}`,
  );
  tell(
    'answered_ms',
    all.filter(each => each.answeredMs > 0).map(each => each.answeredMs - each.sentMs),
  );
  tell(
    'answered_to_disconnect_ms',
    ended.map(crime => crime.endedMs - crime.answeredMs),
  );
  tell(
    'illegal_use_to_disconnect_ms',
    ended.map(crime => crime.endedMs - crime.sentMs),
  );
  console.log(`sessions_not_ended=${all.length - ended.length}`);
  const p99 = Number(
    quantile(
      ended.map(crime => crime.endedMs - crime.sentMs),
      0.99,
    ),
  );
  console.log(`p99_below_a_second=${p99 < 1_000 && ended.length === all.length}`);
} finally {
  await scene.close();
}
process.exit(0);

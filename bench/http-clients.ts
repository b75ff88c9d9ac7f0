/**
 * Clients of `bench/http.ts` in a process of their own, the same for every server:
 * `http-clients.ts <port> <path> <key> <clients> <records> <from>`. Prints how long it took, what became of the records,
 * and the CPU of this process.
 */
import { connect, type Socket } from 'node:net';

const [port, path, key, clients, records, from] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const total = Number(records);
const requests = Array.from({ length: total }, (_, i) => Buffer.from(requestOf(Number(from) + i), 'latin1'));
let next = 0;
const outcomes = new Map<string, number>();

const sockets = await Promise.all(Array.from({ length: Number(clients) }, open));
const cpuBefore = process.cpuUsage();
const beganAt = performance.now();
await Promise.all(sockets.map(post));
const tookMs = performance.now() - beganAt;
const { user, system } = process.cpuUsage(cpuBefore);
for (const socket of sockets) socket.destroy();
console.log(JSON.stringify({ tookMs, cpuMicros: user + system, outcomes: Object.fromEntries(outcomes) }));

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => resolve(socket.setNoDelay(true)));
    socket.once('error', reject);
  });
}

/** One record after another, each sent when the one before was answered for. */
function post(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let held = '';
    const send = (): void => {
      const request = requests[next];
      next += 1;
      if (request === undefined) resolve();
      else socket.write(request);
    };
    socket.once('error', reject).once('close', () => reject(new Error('the server ended the connection')));
    socket.on('data', part => {
      held += part.toString('latin1');
      if (!isWhole(held)) return;
      const outcome = /"outcome":"(\w+)"/.exec(held)?.[1] ?? held.slice(9, 12);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      held = '';
      send();
    });
    send();
  });
}

/** Answers are short and their length is told. */
function isWhole(answer: string): boolean {
  const head = answer.indexOf('\r\n\r\n');
  if (head < 0) return false;
  const length = Number(/content-length: (\d+)/i.exec(answer)?.[1] ?? 0);
  return answer.length >= head + 4 + length;
}

function requestOf(no: number): string {
  const card = (no * 7_919) % 10_000;
  const body = `{"iccid":"8986011${String(card).padStart(12, '0')}","imei":"35${String(card).padStart(12, '0')}0","time":"${new Date(Date.UTC(2026, 0, 1) + no * 50).toISOString()}","up":${(no * 31) % 10_000},"down":${(no * 77) % 40_000},"plmn":"46000"}`;
  return `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

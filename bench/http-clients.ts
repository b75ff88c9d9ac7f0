/** Clients of `bench/http.ts` in a process of their own: `http-clients.ts <port> <path> <key> <clients> <records> <from>`. */
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
let next = 0;
const outcomes = new Map<string, number>();

const sockets = await Promise.all(Array.from({ length: Number(clients) }, open));
const beganAt = performance.now();
await Promise.all(sockets.map(post));
const tookMs = performance.now() - beganAt;
for (const socket of sockets) socket.destroy();
console.log(JSON.stringify({ tookMs, outcomes: Object.fromEntries(outcomes) }));

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => resolve(socket.setNoDelay(true)));
    socket.once('error', reject);
  });
}

/** One record after another, each sent when the one before was answered for. */
async function post(socket: Socket): Promise<void> {
  const answers = answersOf(socket);
  while (next < total) {
    socket.write(requestOf(Number(from) + next));
    next += 1;
    const answer = (await answers.next()).value as string;
    const status = answer.slice(9, 12);
    const outcome = /"outcome":"(\w+)"/.exec(answer)?.[1] ?? status;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
}

function requestOf(no: number): string {
  const card = (no * 7_919) % 10_000;
  const body = `{"iccid":"8986011${String(card).padStart(12, '0')}","imei":"35${String(card).padStart(12, '0')}0","time":"${new Date(Date.UTC(2026, 0, 1) + no * 50).toISOString()}","up":${(no * 31) % 10_000},"down":${(no * 77) % 40_000},"plmn":"46000"}`;
  return `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** Whole answers, as text; they are short and their length is told. */
async function* answersOf(socket: Socket): AsyncGenerator<string> {
  let held = '';
  for await (const part of socket) {
    held += (part as Buffer).toString('latin1');
    const head = held.indexOf('\r\n\r\n');
    if (head < 0) continue;
    const length = Number(/content-length: (\d+)/i.exec(held.slice(0, head))?.[1] ?? 0);
    if (held.length < head + 4 + length) continue;
    yield held.slice(0, head + 4 + length);
    held = held.slice(head + 4 + length);
  }
}

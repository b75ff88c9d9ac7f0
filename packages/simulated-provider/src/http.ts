import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Disk } from './disk.ts';
import type { Feed } from './feed.ts';
import { attempt, cardOf, orderStatus, settle, takeOrder } from './platform.ts';
import { BadRequest, readAttempt, readBehaviour, readIccid, readOrder } from './requests.ts';
import type { Order } from './state.ts';

interface Answer {
  status: number;
  body: unknown;
  /** The connection is cut instead of answered; what was decided has been saved all the same. */
  isCut?: boolean;
  type?: string;
}

const MAX_BODY_BYTES = 64 * 1024;

/** The platform's HTTP door. Whatever an answer says has been saved before the answer leaves. */
export function openDoor(disk: Disk, feed: Feed, now: () => number): Server {
  return createServer((request, response) => {
    answer(request, disk, feed, now).then(
      ready => send(response, ready),
      cause => send(response, fault(cause)),
    );
  });
}

async function answer(request: IncomingMessage, disk: Disk, feed: Feed, now: () => number): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://platform');
  const body = request.method === 'POST' ? await readJson(request) : null;
  if (settle(disk.state, now())) disk.save();
  const [root, name, ...rest] = url.pathname.slice(1).split('/');
  if (rest.length > 0) return missing();
  const step = `${request.method} /${root}${name === undefined ? '' : root === 'admin' ? `/${name}` : '/:name'}`;
  switch (step) {
    case 'POST /orders':
      return postOrder(body, disk, now);
    case 'GET /orders/:name':
      return getOrder(name as string, disk);
    case 'GET /cards/:name':
      return getCard(readIccid(name), disk);
    case 'POST /attempts':
      return postAttempt(body, disk, feed, now);
    case 'GET /feed.csv':
      return { status: 200, body: feed.read(), type: 'text/csv; charset=utf-8' };
    case 'POST /admin/behaviour':
      disk.state.behaviour = readBehaviour(body, disk.state.behaviour);
      disk.save();
      return { status: 200, body: disk.state.behaviour };
    case 'GET /admin/effects':
      return {
        status: 200,
        body: { effects: disk.state.effects, submissions: submissions(disk.state.orders) },
      };
    default:
      return missing();
  }
}

function postOrder(body: unknown, disk: Disk, now: () => number): Answer {
  const { state } = disk;
  const order = takeOrder(state, readOrder(body), now());
  if (order === null) return problem(409, 'key-reused', 'the idempotency key was used for another order');
  const isCut = state.behaviour.dropAnswers > 0;
  if (isCut) state.behaviour.dropAnswers -= 1;
  settle(state, now());
  disk.save();
  return { status: 202, body: { orderId: order.orderId }, isCut };
}

function getOrder(orderId: string, disk: Disk): Answer {
  const order = disk.state.orders.find(candidate => candidate.orderId === orderId);
  if (order === undefined) return missing();
  const lines = order.cards.map(({ iccid, result, reason, atMs }) => ({ iccid, result, reason, atMs }));
  const repeated = disk.state.behaviour.repeatAnswers ? lines.filter(line => line.result !== 'queued') : [];
  const { idempotencyKey, action, kind } = order;
  const results = [...lines, ...repeated];
  return {
    status: 200,
    body: { orderId, idempotencyKey, action, kind, status: orderStatus(order), results },
  };
}

function getCard(iccid: string, disk: Disk): Answer {
  return { status: 200, body: { iccid, ...cardOf(disk.state, iccid) } };
}

function postAttempt(body: unknown, disk: Disk, feed: Feed, now: () => number): Answer {
  const { iccid, bytesUp, bytesDown, atMs, times } = readAttempt(body);
  const momentMs = atMs ?? now();
  const { outcome, cause } = attempt(disk.state, iccid, momentMs);
  for (let again = 1; again < times; again += 1) attempt(disk.state, iccid, momentMs);
  disk.save();
  for (let i = 0; i < times; i += 1)
    feed.write({ atMs: momentMs, iccid, outcome, cause, bytesUp, bytesDown });
  return { status: 200, body: { iccid, outcome, cause, atMs: momentMs } };
}

/** Each order once, with its cards and how often it was handed in. */
function submissions(
  orders: readonly Order[],
): { idempotencyKey: string; action: string; cards: string[]; count: number }[] {
  return orders.map(({ idempotencyKey, action, cards, submissions: count }) => ({
    idempotencyKey,
    action,
    cards: cards.map(line => line.iccid),
    count,
  }));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of request) {
    sizeBytes += (part as Buffer).length;
    if (sizeBytes > MAX_BODY_BYTES) throw new BadRequest('the body is too large');
    parts.push(part as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    throw new BadRequest('the body is not JSON');
  }
}

function missing(): Answer {
  return problem(404, 'not-found', 'there is nothing by that name');
}

function fault(cause: unknown): Answer {
  if (cause instanceof BadRequest) return problem(400, 'bad-request', cause.message);
  return problem(500, 'broken', cause instanceof Error ? cause.message : String(cause));
}

function problem(status: number, code: string, message: string): Answer {
  return { status, body: { code, message } };
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer.isCut === true) {
    response.socket?.destroy();
    return;
  }
  const isText = typeof answer.body === 'string';
  response.writeHead(answer.status, { 'content-type': answer.type ?? 'application/json' });
  response.end(isText ? answer.body : JSON.stringify(answer.body));
}

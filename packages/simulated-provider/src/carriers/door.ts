import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** A question as a stand-in gets it: names are lower case, the path is without the query. */
export interface Question {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Readonly<Record<string, unknown>>;
  /** Of a body that was sent as a form. */
  readonly form: URLSearchParams;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How a stand-in misbehaves for the next questions; set by `POST /admin/behaviour`, each count used up one by one. */
export interface Behaviour {
  /** Orders that are carried out without an answer. */
  cutAfter: number;
  /** Orders that are cut off before they are carried out. */
  cutBefore: number;
  /** Questions that are answered «too many». */
  busy: number;
  /** Orders that are answered with a fault of the server. */
  faults: number;
  retryAfterSeconds: number;
  /** How long an order is under way before the card changes. */
  delayMs: number;
}

/** A carrier that is stood in for. */
export interface Carrier {
  /** Makes every pass that was given out worthless. */
  endPasses(): void;
  /** Gives the card a state by the carrier's own word; made when it is missing. */
  setCard(iccid: string, word: string): void;
  /** Sets what the carrier counts for the card on a UTC day; absent where it counts by no day. */
  countDay?(iccid: string, day: string, tx: number, rx: number): void;
  stateOf(iccid: string): string | null;
  /** Whether the question is an order: what misbehaviour is for. */
  isOrder(question: Question): boolean;
  answer(question: Question): Answer;
  /** The carrier's own answer to too many questions. */
  busy(retryAfterSeconds: number): Answer;
  settle(nowMs: number): void;
}

/** What was asked of a stand-in so far. */
interface Log {
  signIns: number;
  questions: number;
  /** Orders that were carried out, in order: the path and what it was for. */
  orders: string[];
}

const MAX_BODY_BYTES = 64 * 1024;

/** The door of a stand-in: its carrier's own addresses, and `/admin` for whoever tests. */
export function openCarrierDoor(make: (behaviour: Behaviour, log: Log) => Carrier): Server {
  const behaviour: Behaviour = {
    cutAfter: 0,
    cutBefore: 0,
    busy: 0,
    faults: 0,
    retryAfterSeconds: 30,
    delayMs: 0,
  };
  const log: Log = { signIns: 0, questions: 0, orders: [] };
  const carrier = make(behaviour, log);
  return createServer((request, response) => {
    read(request).then(
      question => {
        carrier.settle(Date.now());
        if (question.path.startsWith('/admin/'))
          send(response, administer(question, behaviour, log, carrier));
        else reply(response, question, behaviour, log, carrier);
      },
      () => send(response, { status: 400, body: {} }),
    );
  });
}

function reply(
  response: ServerResponse,
  question: Question,
  how: Behaviour,
  log: Log,
  carrier: Carrier,
): void {
  log.questions += 1;
  if (how.busy > 0) {
    how.busy -= 1;
    send(response, carrier.busy(how.retryAfterSeconds));
    return;
  }
  const isOrder = carrier.isOrder(question);
  if (isOrder && how.cutBefore > 0) {
    how.cutBefore -= 1;
    response.socket?.destroy();
    return;
  }
  if (isOrder && how.faults > 0) {
    how.faults -= 1;
    send(response, { status: 500, body: {} });
    return;
  }
  const answer = carrier.answer(question);
  carrier.settle(Date.now());
  if (isOrder && how.cutAfter > 0) {
    how.cutAfter -= 1;
    response.socket?.destroy();
    return;
  }
  send(response, answer);
}

function administer(question: Question, behaviour: Behaviour, log: Log, carrier: Carrier): Answer {
  const { path, body } = question;
  if (path === '/admin/behaviour') {
    for (const [name, value] of Object.entries(body)) {
      if (name in behaviour && typeof value === 'number') behaviour[name as keyof Behaviour] = value;
      else return { status: 400, body: { unknown: name } };
    }
    return { status: 200, body: behaviour };
  }
  if (path === '/admin/cards') {
    carrier.setCard(String(body['iccid']), String(body['word']));
    return { status: 200, body: {} };
  }
  if (path === '/admin/days' && carrier.countDay !== undefined) {
    const { iccid, day, tx, rx } = body;
    carrier.countDay(String(iccid), String(day), Number(tx), Number(rx));
    return { status: 200, body: {} };
  }
  if (path === '/admin/passes') {
    carrier.endPasses();
    return { status: 200, body: {} };
  }
  if (path === '/admin/log') return { status: 200, body: log };
  if (path.startsWith('/admin/cards/'))
    return { status: 200, body: { word: carrier.stateOf(path.slice('/admin/cards/'.length)) } };
  return { status: 404, body: {} };
}

async function read(request: IncomingMessage): Promise<Question> {
  const url = new URL(request.url ?? '/', 'http://carrier');
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of request) {
    sizeBytes += (part as Buffer).length;
    if (sizeBytes > MAX_BODY_BYTES) throw new Error('too large');
    parts.push(part as Buffer);
  }
  const text = Buffer.concat(parts).toString('utf8');
  const isForm = /^application\/x-www-form-urlencoded/.test(request.headers['content-type'] ?? '');
  const body: unknown = text === '' || isForm ? {} : JSON.parse(text);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Error('no object');
  const { method = 'GET', headers } = request;
  return {
    method,
    path: url.pathname,
    query: url.searchParams,
    headers,
    body: body as Record<string, unknown>,
    form: new URLSearchParams(isForm ? text : ''),
  };
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  const isBare = body === undefined;
  response.writeHead(status, { ...(isBare ? {} : { 'content-type': 'application/json' }), ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

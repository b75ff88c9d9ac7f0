import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { simulatedProvider } from './simulated-provider.ts';

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

/** A platform that answers every request alike, or cuts the connection. */
async function answering(status: number | 'cut', body: unknown) {
  server = createServer((_request, response) => {
    if (status === 'cut') response.socket?.destroy();
    else response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>(resolve => server?.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return simulatedProvider({ url, dueMs: 1, quietMs: 1 });
}

const order = { orderKey: 'key-00001', action: 'suspend', reference: '8986001234567890123', terms: {} };
const line = (result: string, reason: string | null = null) => ({
  iccid: order.reference,
  result,
  reason,
  atMs: 1,
});

test('an order that is refused as a whole is a refusal, not a lost answer', async () => {
  const port = await answering(409, { code: 'key-reused', message: '' });
  expect(await port.submit(order)).toEqual({ taken: false, reason: 'key-reused' });
});

test.for<[string, number | 'cut', unknown, string]>([
  ['a connection cut', 'cut', '', 'provider-unreachable'],
  ['a server fault', 500, { code: 'broken' }, 'provider-answer-unreadable'],
  ['no JSON', 202, '<html>', 'provider-answer-unreadable'],
  ['no order id', 202, {}, 'provider-answer-unreadable'],
  ['a list', 202, 'null', 'provider-answer-unreadable'],
])('an order answered by %s is not taken as sent', async ([, status, body, code]) => {
  const port = await answering(status, body);
  await expect(port.submit(order)).rejects.toMatchObject({ code });
});

test.for<[string, unknown[], unknown]>([
  ['nothing of the card', [{ ...line('done'), iccid: '8986009999999999999' }], { state: 'queued' }],
  ['queued', [line('queued')], { state: 'queued' }],
  ['done, twice', [line('done'), line('done')], { state: 'done', already: false }],
  ['done after a stale line', [line('queued'), line('done')], { state: 'done', already: false }],
  ['already there', [line('refused', 'already-in-that-state')], { state: 'done', already: true }],
  ['refused', [line('refused', 'refused-by-operator')], { state: 'refused', reason: 'refused-by-operator' }],
])('an order whose results say %s is read so', async ([, results, outcome]) => {
  const port = await answering(200, { results });
  expect(await port.outcome('P000001', order.reference)).toEqual(outcome);
});

test('a state the contract does not know is not guessed at', async () => {
  const port = await answering(200, {
    state: 'half-open',
    sinceMs: 1,
    attemptsRefused: 0,
    lastRefusedMs: null,
  });
  await expect(port.state(order.reference)).rejects.toMatchObject({ code: 'provider-answer-unreadable' });
});

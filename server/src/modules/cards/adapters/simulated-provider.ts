import { Refusal } from '../../../kernel/refusal.ts';
import { SECOND_MS } from '../../../kernel/time.ts';
import type { ProviderSettings } from '../../../spine/measures/measure.ts';
import type {
  MeasurePort,
  Order,
  Outcome,
  ProviderState,
  Submission,
} from '../../../spine/measures/ports.ts';

export type ProviderCode = 'provider-unreachable' | 'provider-answer-unreadable';

type Fields = Readonly<Record<string, unknown>>;
interface Answer {
  readonly status: number;
  readonly body: Fields;
}

const TIMEOUT_MS = 10 * SECOND_MS;

/**
 * Speaks to the simulated connectivity platform; its contract is packages/simulated-provider/openapi.json.
 *
 * Whatever it answers is read with distrust: a result may be missing, stand twice, or be of an unknown kind.
 * Refuses `provider-unreachable` when there was no answer, which leaves open whether an order was taken, and
 * `provider-answer-unreadable` when the answer isn't what the contract says. Detail never holds an ICCID.
 */
export function simulatedProvider(settings: ProviderSettings): MeasurePort {
  const base = settings.url.replace(/\/+$/, '');
  return {
    submit: order => submit(base, order),
    outcome: (providerOrder, reference) => outcome(base, providerOrder, reference),
    state: reference => state(base, reference),
  };
}

async function submit(base: string, order: Order): Promise<Submission> {
  const { status, body } = await call(`${base}/orders`, {
    idempotencyKey: order.orderKey,
    cards: [order.reference],
    action: order.action,
    kind: order.terms['kind'] ?? 'permanent-reject',
  });
  if (status === 202) return { taken: true, providerOrder: text(body, 'orderId') };
  if (status === 400 || status === 409) return { taken: false, reason: text(body, 'code') };
  throw unreadable({ status });
}

async function outcome(base: string, providerOrder: string, reference: string): Promise<Outcome> {
  const { status, body } = await call(`${base}/orders/${encodeURIComponent(providerOrder)}`);
  if (status !== 200) throw unreadable({ status });
  const results = body['results'];
  if (!Array.isArray(results)) throw unreadable({ field: 'results' });
  const mine = (results as Fields[]).filter(result => result['iccid'] === reference);
  const final = mine.find(result => result['result'] !== 'queued');
  if (final === undefined) return { state: 'queued' };
  if (final['result'] === 'done') return { state: 'done', already: false };
  if (final['result'] !== 'refused') throw unreadable({ field: 'result' });
  const reason = text(final, 'reason');
  return reason === 'already-in-that-state' ? { state: 'done', already: true } : { state: 'refused', reason };
}

async function state(base: string, reference: string): Promise<ProviderState> {
  const { status, body } = await call(`${base}/cards/${encodeURIComponent(reference)}`);
  if (status !== 200) throw unreadable({ status });
  const stated = text(body, 'state');
  if (stated !== 'active' && stated !== 'suspended') throw unreadable({ field: 'state' });
  const lastRefusedMs = body['lastRefusedMs'];
  return {
    restricted: stated === 'suspended',
    sinceMs: whole(body, 'sinceMs'),
    refusedAttempts: whole(body, 'attemptsRefused'),
    lastRefusedMs: lastRefusedMs === null ? null : whole(body, 'lastRefusedMs'),
  };
}

/** A GET, or a POST when there is something to send. */
async function call(url: string, sent?: unknown): Promise<Answer> {
  let response: Response;
  let raw: string;
  try {
    response = await fetch(url, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
      ...(sent === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(sent) }),
    });
    raw = await response.text();
  } catch (cause) {
    throw new Refusal<ProviderCode>('provider-unreachable', { cause });
  }
  return { status: response.status, body: parse(raw, response.status) };
}

function parse(raw: string, status: number): Fields {
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    throw unreadable({ status });
  }
  if (typeof value !== 'object' || value === null) throw unreadable({ status });
  return value as Fields;
}

function text(body: Fields, field: string): string {
  const value = body[field];
  if (typeof value !== 'string' || value === '' || value.length > 200) throw unreadable({ field });
  return value;
}

function whole(body: Fields, field: string): number {
  const value = body[field];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw unreadable({ field });
  return value;
}

function unreadable(detail: Record<string, string | number>): Refusal<ProviderCode> {
  return new Refusal<ProviderCode>('provider-answer-unreadable', { detail });
}

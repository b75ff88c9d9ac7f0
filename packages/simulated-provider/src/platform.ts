import { createHash } from 'node:crypto';
import type { Action, Behaviour, Card, Order, OrderCard, RejectKind, State } from './state.ts';

export interface OrderRequest {
  idempotencyKey: string;
  cards: string[];
  action: Action;
  kind: RejectKind;
}

/** The order, or null when the key was used before for something else. */
export function takeOrder(state: State, request: OrderRequest, nowMs: number): Order | null {
  const known = state.orders.find(order => order.idempotencyKey === request.idempotencyKey);
  if (known !== undefined) {
    if (!isSameRequest(known, request)) return null;
    known.submissions += 1;
    return known;
  }
  const order: Order = {
    orderId: `P${String(state.orders.length + 1).padStart(6, '0')}`,
    idempotencyKey: request.idempotencyKey,
    action: request.action,
    kind: request.kind,
    cards: request.cards.map((iccid, place) => queued(state.behaviour, iccid, place, nowMs)),
    submissions: 1,
    receivedMs: nowMs,
  };
  state.orders.push(order);
  return order;
}

/** Works every queued card whose time has come; true when anything changed. */
export function settle(state: State, nowMs: number): boolean {
  let changed = false;
  for (const order of state.orders) {
    for (const line of order.cards) {
      if (line.result !== 'queued' || line.dueMs > nowMs) continue;
      work(state, order, line, nowMs);
      changed = true;
    }
  }
  return changed;
}

/** A device tries to open a session: refused exactly while its card is suspended. */
export function attempt(
  state: State,
  iccid: string,
  nowMs: number,
): { outcome: 'accepted' | 'refused'; cause: string | null } {
  const card = cardOf(state, iccid);
  if (card.state === 'active') {
    card.attemptsAccepted += 1;
    return { outcome: 'accepted', cause: null };
  }
  card.attemptsRefused += 1;
  card.lastRefusedMs = nowMs;
  return { outcome: 'refused', cause: card.kind };
}

/** The card as the platform knows it; a card never heard of is active since the beginning of time. */
export function cardOf(state: State, iccid: string): Card {
  state.cards[iccid] ??= {
    state: 'active',
    kind: null,
    sinceMs: 0,
    attemptsAccepted: 0,
    attemptsRefused: 0,
    lastRefusedMs: null,
  };
  return state.cards[iccid];
}

export function orderStatus(order: Order): 'queued' | 'partial' | 'finished' {
  const open = order.cards.filter(line => line.result === 'queued').length;
  if (open === 0) return 'finished';
  return open === order.cards.length ? 'queued' : 'partial';
}

function queued(behaviour: Behaviour, iccid: string, place: number, nowMs: number): OrderCard {
  const rounds = behaviour.partialBatch > 0 ? Math.floor(place / behaviour.partialBatch) : 0;
  const waitMs = behaviour.delayMs * (1 + rounds) + (behaviour.delayMs === 0 ? rounds : 0);
  return { iccid, result: 'queued', reason: null, dueMs: nowMs + waitMs, atMs: null };
}

function work(state: State, order: Order, line: OrderCard, nowMs: number): void {
  line.atMs = nowMs;
  const refusal = reasonToRefuse(state, order, line.iccid);
  if (refusal !== null) {
    line.result = 'refused';
    line.reason = refusal;
    return;
  }
  line.result = 'done';
  state.cards[line.iccid] = {
    ...cardOf(state, line.iccid),
    state: order.action === 'suspend' ? 'suspended' : 'active',
    kind: order.action === 'suspend' ? order.kind : null,
    sinceMs: nowMs,
    attemptsRefused: 0,
    lastRefusedMs: null,
  };
  const { idempotencyKey, orderId, action } = order;
  state.effects.push({ idempotencyKey, orderId, iccid: line.iccid, action, atMs: nowMs });
}

function reasonToRefuse(state: State, order: Order, iccid: string): string | null {
  const { refuseCards, refuseRate, seed } = state.behaviour;
  if (refuseCards.includes(iccid)) return 'refused-by-operator';
  if (draw(`${seed} ${order.idempotencyKey} ${iccid}`) < refuseRate) return 'refused-by-operator';
  const wanted = order.action === 'suspend' ? 'suspended' : 'active';
  return cardOf(state, iccid).state === wanted ? 'already-in-that-state' : null;
}

/** A number from 0 to 99 that depends on the text alone. */
function draw(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) % 100;
}

function isSameRequest(order: Order, request: OrderRequest): boolean {
  return (
    order.action === request.action &&
    order.kind === request.kind &&
    order.cards.length === request.cards.length &&
    order.cards.every((line, i) => line.iccid === request.cards[i])
  );
}

import type { Tx } from '../../../../kernel/database/transaction.ts';
import { SECOND_MS } from '../../../../kernel/time.ts';
import { stage } from '../../../../spine/ledger/stage.ts';
import type { Order, Outcome, ProviderState, Submission } from '../../../../spine/measures/ports.ts';
import { claimsOf } from './blocked.ts';
import { TYPES } from './dictionary.ts';
import { identityOf } from './disconnect.ts';
import type { NasAnswer } from './dynamic-authorization.ts';
import type { LimitForm } from './limit-form.ts';
import * as store from './limit-store.ts';
import { CODES, numberAttribute } from './packet.ts';
import type { RadiusLive } from './running.ts';

/** A server is asked about one session anew after so long: longer than one request is waited for. */
const ASK_AGAIN_MS = 10 * SECOND_MS;

/**
 * What a NAK means (RFC 5176 §3.5). The server knows no such session (503): nothing is to be changed now, and the next
 * one comes in by `authorize`. It was not reached or has no room just now (502, 505, 506, 507): it is asked anew, by a
 * request of its own (§2.3). Everything else it will answer the same every time.
 */
const UNKNOWN_THERE = 'nak-503';
const FOR_NOW: ReadonlySet<string> = new Set([
  'no-answer',
  'no-client',
  'nak-502',
  'nak-505',
  'nak-506',
  'nak-507',
]);

const isForGood = ({ answer }: store.ToldSession): boolean =>
  answer !== null && answer !== 'ack' && answer !== UNKNOWN_THERE && !FOR_NOW.has(answer);

/** A card, and how the access servers of its provider are told. */
export interface LimitedCard {
  readonly partyId: number;
  readonly subjectId: number;
  readonly form: LimitForm;
}

/**
 * Takes the order: from the commit on the card's next session is let in limited, or free, and the servers of its open
 * sessions are told by a CoA-Request. The same order again changes nothing.
 */
export async function submitLimit(live: RadiusLive, card: LimitedCard, order: Order): Promise<Submission> {
  const { database, clock } = live;
  const { partyId, subjectId, form } = card;
  const atMs = clock.now();
  const wanted = order.action === 'limit' ? 'limited' : 'free';
  await database.corridor(async tx => {
    const { name: attribute, shown: value } = form;
    const { orderKey } = order;
    const row = { subjectId, partyId, orderKey, wanted, sinceMs: atMs, attribute, value } as const;
    if (!(await store.putLimit(tx, row))) return;
    const act = wanted === 'limited' ? 'radius-limited' : 'radius-freed';
    await stage(tx, {
      act,
      object: `subject/${subjectId}`,
      partyId,
      actor: 'corridor',
      atMs,
      detail: { attribute },
    });
  });
  await tellSessions(live, card);
  return { taken: true, providerOrder: `${order.action}/${order.orderKey}` };
}

/** Done when every open session's server has said yes. A limit that one refuses for good is refused, and taken back. */
export async function outcomeOfLimit(
  live: RadiusLive,
  card: LimitedCard,
  providerOrder: string,
): Promise<Outcome> {
  const { row, sessions } = await live.database.corridor(tx => standing(tx, live, card.subjectId));
  const isLimit = providerOrder.startsWith('limit/');
  if (row === undefined || (isLimit && row.wanted === 'free'))
    return { state: 'refused', reason: 'let-go-since' };
  if (!isLimit && row.wanted === 'limited') return { state: 'refused', reason: 'limited-since' };
  if (isLimit && row.failed !== null) return { state: 'refused', reason: row.failed };
  const never = sessions.find(isForGood)?.answer ?? null;
  if (isLimit && never !== null) {
    await takeBack(live, card, row, never);
    return { state: 'refused', reason: never };
  }
  if (sessions.every(session => session.answer === 'ack'))
    return { state: 'done', already: !providerOrder.endsWith(row.orderKey) };
  await tellSessions(live, card);
  // What keeps limiting a session that is to be free ends with it at the latest.
  return never === null ? { state: 'queued' } : { state: 'queued', reason: never };
}

/** A session that came in without asking is told as soon as it is looked for. */
export async function stateOfLimit(live: RadiusLive, card: LimitedCard): Promise<ProviderState> {
  const { database, clock } = live;
  const nothing = { refusedAttempts: 0, lastRefusedMs: null };
  const { row, sessions, changedMs } = await database.corridor(tx => standing(tx, live, card.subjectId));
  if (row === undefined || row.wanted === 'free' || row.failed !== null)
    return { restricted: false, sinceMs: row?.sinceMs ?? clock.now(), ...nothing };
  if (sessions.some(session => session.answer !== 'ack')) await tellSessions(live, card);
  return { restricted: true, sinceMs: Math.max(row.sinceMs, changedMs ?? row.sinceMs), ...nothing };
}

/** The limit is no more, for the next session either, and sessions that took it are told to be free. */
async function takeBack(
  live: RadiusLive,
  card: LimitedCard,
  row: store.LimitRow,
  reason: string,
): Promise<void> {
  const { database, clock } = live;
  const { partyId, subjectId } = card;
  const atMs = clock.now();
  const limited = await database.corridor(async tx => {
    const { sessions } = await standing(tx, live, subjectId);
    if (!(await store.failLimit(tx, row, reason))) return [];
    await stage(tx, {
      act: 'radius-freed',
      object: `subject/${subjectId}`,
      partyId,
      actor: 'corridor',
      atMs,
      detail: { reason },
    });
    return sessions.filter(session => session.answer === 'ack');
  });
  for (const session of limited) void ask(live, card.form, { ...row, wanted: 'free' }, session);
}

interface Standing {
  readonly row: store.LimitRow | undefined;
  readonly claims: readonly string[];
  readonly sessions: readonly store.ToldSession[];
  readonly changedMs: number | null;
}

async function standing(tx: Tx, { clock }: RadiusLive, subjectId: number): Promise<Standing> {
  const [row] = await store.limitsOf(tx, [subjectId]);
  if (row === undefined) return { row, claims: [], sessions: [], changedMs: null };
  const claims = await claimsOf(tx, subjectId, clock.now());
  const sessions = await store.toldSessions(tx, claims, row.orderKey);
  return { row, claims, sessions, changedMs: await store.lastChangedOf(tx, claims, row.orderKey) };
}

/**
 * Asks the servers of the card's open sessions that have not said yes. Resolves when all are asked; what they answer is
 * written when it comes. One that was asked a moment ago is left alone, so calling again is safe.
 */
async function tellSessions(live: RadiusLive, { subjectId, form }: LimitedCard): Promise<void> {
  const { database, clock } = live;
  const nowMs = clock.now();
  const { row, due } = await database.corridor(async tx => {
    const { row, sessions } = await standing(tx, live, subjectId);
    const due: store.ToldSession[] = [];
    if (row === undefined || row.failed !== null) return { row, due };
    for (const session of sessions) {
      if (session.answer === 'ack' || isForGood(session)) continue;
      if (await store.markChangeAsked(tx, session, row.orderKey, nowMs - ASK_AGAIN_MS, nowMs))
        due.push(session);
    }
    return { row, due };
  });
  if (row !== undefined) for (const session of due) void ask(live, form, row, session);
}

async function ask(
  live: RadiusLive,
  form: LimitForm,
  { orderKey, wanted }: store.LimitRow,
  session: store.ToldSession,
): Promise<void> {
  const { database, clock, log, requests, clients } = live;
  const client = clients.numbered(session.clientId);
  try {
    const answer: NasAnswer | null =
      client === undefined
        ? null
        : await requests.ask({
            ...{ address: client.address, port: client.port, secret: client.secrets[0] },
            code: CODES.coaRequest,
            attributes: [
              ...identityOf(session),
              numberAttribute(TYPES.eventTimestamp, Math.floor(clock.now() / 1_000)),
              wanted === 'limited' ? form.limited : form.free,
            ],
          });
    const told = wordOf(answer);
    if (told !== 'ack')
      log.warn({ client: session.clientId, answer: told }, 'a server did not change a session');
    await database.corridor(tx =>
      store.markChangeAnswered(tx, session, orderKey, told, clock.now(), told === UNKNOWN_THERE),
    );
  } catch (cause) {
    log.warn({ client: session.clientId, err: cause }, 'the answer about a session could not be written');
  }
}

function wordOf(answer: NasAnswer | null): string {
  if (answer === null) return 'no-client';
  if (answer.answer === 'none') return 'no-answer';
  return answer.answer === 'nak' ? `nak-${answer.error}` : 'ack';
}

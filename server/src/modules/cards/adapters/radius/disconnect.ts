import { SECOND_MS } from '../../../../kernel/time.ts';
import { ipv4Bytes, TYPES } from './dictionary.ts';
import type { NasAnswer } from './dynamic-authorization.ts';
import { type Attribute, CODES, numberAttribute, textAttribute } from './packet.ts';
import type { RadiusLive } from './running.ts';
import { type ClosedBy, markAnswered, markAsked, openSessionsOf, type SessionRow } from './session-store.ts';

/** A server is asked about one session again after so long: longer than one request is waited for. */
const ASK_AGAIN_MS = 10 * SECOND_MS;

/** RFC 5176 §3.5: the server knows no such session, or it is gone already. */
const UNKNOWN_THERE: ReadonlySet<number> = new Set([503]);

/**
 * Asks the servers of every open session by any of the claims to end it. Resolves when all are asked; what they answer
 * is written when it comes. A session whose server was asked a moment ago is left alone, so calling again is safe.
 */
export async function endSessions(live: RadiusLive, claims: readonly string[]): Promise<number> {
  const { database, clock } = live;
  const nowMs = clock.now();
  const due = await database.corridor(async tx => {
    const sessions = await openSessionsOf(tx, claims);
    const mine: SessionRow[] = [];
    for (const session of sessions)
      if (await markAsked(tx, session, nowMs - ASK_AGAIN_MS, nowMs)) mine.push(session);
    return mine;
  });
  for (const session of due) void ask(live, session);
  return due.length;
}

async function ask(live: RadiusLive, session: SessionRow): Promise<void> {
  const { database, clock, log, requests, clients } = live;
  const client = clients.numbered(session.clientId);
  try {
    const answer: NasAnswer | 'no-client' =
      client === undefined
        ? 'no-client'
        : await requests.ask({
            address: client.address,
            port: client.port,
            secret: client.secrets[0],
            code: CODES.disconnectRequest,
            attributes: [
              ...identityOf(session),
              numberAttribute(TYPES.eventTimestamp, Math.floor(clock.now() / 1_000)),
            ],
          });
    const [told, closedBy] = wordsOf(answer);
    if (told !== 'ack')
      log.warn({ client: session.clientId, answer: told }, 'a server did not end a session');
    await database.corridor(tx => markAnswered(tx, session, told, clock.now(), closedBy));
  } catch (cause) {
    log.warn({ client: session.clientId, err: cause }, 'the answer about a session could not be written');
  }
}

function wordsOf(answer: NasAnswer | 'no-client'): [told: string, closedBy: ClosedBy | null] {
  if (answer === 'no-client') return ['no-client', null];
  if (answer.answer === 'ack') return ['ack', 'disconnect'];
  if (answer.answer === 'none') return ['no-answer', null];
  return [`nak-${answer.error}`, UNKNOWN_THERE.has(answer.error) ? 'unknown-to-server' : null];
}

/** What names server and session (RFC 5176 §3), as the session's own accounting stated it. */
export function identityOf({ attributes }: Pick<SessionRow, 'attributes'>): Attribute[] {
  const found: Attribute[] = [];
  for (const [name, type] of TEXTS) {
    const text = attributes[name];
    if (text !== undefined) found.push(textAttribute(type, text));
  }
  for (const [name, type] of ADDRESSES) {
    const text = attributes[name];
    if (text !== undefined && /^\d+(?:\.\d+){3}$/.test(text)) found.push({ type, value: ipv4Bytes(text) });
  }
  return found;
}

const TEXTS = [
  ['User-Name', TYPES.userName],
  ['NAS-Identifier', TYPES.nasIdentifier],
  ['Calling-Station-Id', TYPES.callingStationId],
  ['Acct-Session-Id', TYPES.acctSessionId],
] as const;
const ADDRESSES = [
  ['NAS-IP-Address', TYPES.nasIpAddress],
  ['Framed-IP-Address', TYPES.framedIpAddress],
] as const;

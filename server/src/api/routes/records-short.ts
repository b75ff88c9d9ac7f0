import type { Gathering } from '../../spine/observations/gathered/gathering.ts';
import {
  type KnownSources,
  readAtOnce,
  readPost,
  type Source,
} from '../../spine/observations/gathered/read-post.ts';
import type { Actor, App, Doors } from '../app.ts';
import { knownActor } from '../identify.ts';
import { asMissingKey, POSTED_BYTES, POSTED_RIGHT, POSTED_ROUTE, shownAnswer } from '../posted-records.ts';
import { problemAnswer } from '../problems.ts';
import { recordRefusedAt } from '../refused-requests.ts';
import { BODY_MS } from '../server-limits.ts';
import { type Asking, type ShortAnswer, type ShortRequest, type ShortWay, wholeBody } from '../short-ways.ts';

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };
const PATH = /^\/api\/v1\/sources\/([1-9]\d{0,14})\/records$/;
/** Whatever a request carries of these has the usual way find out what it means. */
const UNUSUAL = ['transfer-encoding', 'expect', 'content-encoding', 'x-thingward-party', 'upgrade'] as const;
const TYPES: ReadonlySet<string> = new Set(['application/json', 'application/x-ndjson', 'text/csv']);

/**
 * The short way of posted records: of a key and to a source that the usual way has met within the last second, with a
 * length that fits. The key is confirmed by the commit, as on the usual way, so one that was revoked meanwhile stores
 * nothing.
 */
export function shortRecords(app: App, doors: Doors, gathering: Gathering, sources: KnownSources): ShortWay {
  return (request, response) => {
    const asked = askedOf(request);
    if (asked === null) return false;
    const actor = knownActor(doors, asked.authorization);
    if (actor === null || !actor.scopes.has(POSTED_RIGHT)) return false;
    const source = sources.known(actor.partyId, asked.sourceId);
    if (source === undefined) return false;
    const leave = gathering.roomFor(actor.partyId, Math.max(1, asked.bytes));
    if (leave === null) return false;
    response.once('close', leave);
    const taken = app.shortWays.begin(POSTED_ROUTE, actor, request, response);
    wholeBody(request, BODY_MS, body => void answer(taken, actor, source, body, request));
    return true;
  };

  async function answer(
    taken: ShortRequest,
    actor: Actor,
    source: Source,
    body: Buffer,
    request: Asking,
  ): Promise<void> {
    taken.answer(
      await stored(actor, source, body).catch(cause =>
        refused(asMissingKey(cause), actor, request, taken.id),
      ),
    );
  }

  async function stored(actor: Actor, source: Source, body: Buffer): Promise<ShortAnswer> {
    const cuts = readAtOnce(doors.intake, source, body) ?? (await readPost(doors.intake, source, body));
    const answer = shownAnswer(await gathering.take(actor, source, cuts));
    return { status: 201, headers: JSON_HEADERS, body: JSON.stringify(answer) };
  }

  async function refused(
    thrown: unknown,
    actor: Actor,
    { headers }: Asking,
    id: string,
  ): Promise<ShortAnswer> {
    const told = await recordRefusedAt(doors, thrown, actor, `POST:${POSTED_ROUTE}`).then(
      () => thrown,
      (failed: unknown) => failed,
    );
    return problemAnswer(told, headers['accept-language'], id, doors.log);
  }
}

interface Asked {
  readonly sourceId: number;
  readonly bytes: number;
  readonly authorization: string;
}

/** Null for whatever is not plainly a post of records by a key. */
function askedOf({ method, url = '', headers }: Asking): Asked | null {
  if (method !== 'POST') return null;
  const sourceId = PATH.exec(url)?.[1];
  const { authorization, 'content-length': length, 'content-type': type } = headers;
  if (sourceId === undefined || authorization === undefined || length === undefined) return null;
  if (type === undefined || !TYPES.has(type) || UNUSUAL.some(name => headers[name] !== undefined))
    return null;
  const bytes = Number(length);
  return bytes > 0 && bytes <= POSTED_BYTES ? { sourceId: Number(sourceId), bytes, authorization } : null;
}

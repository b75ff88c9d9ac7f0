import type { FastifyRequest } from 'fastify';
import type { Database } from '../kernel/database/transaction.ts';
import { Refusal } from '../kernel/refusal.ts';
import type { Clock } from '../kernel/time.ts';
import {
  isKeyText,
  type KeyInUse,
  keyByText,
  keyToConfirm,
  knownKey,
} from '../spine/registry/people/api-keys.ts';
import { standingOf } from '../spine/registry/people/people.ts';
import type { Credentials, SignIn } from '../spine/registry/people/sign-in.ts';
import type { AccessCode, Actor } from './app.ts';
import { isRight, rightsOf } from './rights.ts';

interface IdentifyDoors {
  readonly database: Database;
  readonly clock: Clock;
  readonly signIn: SignIn;
}

/**
 * Finds out who asks, before any route runs. It never refuses by itself, so that open addresses stay open:
 * the reason waits in `request.noActor` for the first `need`.
 */
export function identify(doors: IdentifyDoors): (request: FastifyRequest) => Promise<void> {
  return async request => {
    try {
      request.actor = await actorOfRequest(doors, request);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      request.noActor = thrown as Refusal<AccessCode>;
    }
  };
}

/** The session credentials a request carries. A bearer token wins over a cookie. */
export function credentialsOf(request: FastifyRequest): Credentials {
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return bearer === undefined ? { cookie: request.headers.cookie } : { bearer };
}

/** Who asks now; null when nobody is signed in. Refuses with an `AccessCode`. */
export async function actorOfRequest(doors: IdentifyDoors, request: FastifyRequest): Promise<Actor | null> {
  const credentials = credentialsOf(request);
  if (credentials.bearer === undefined && credentials.cookie === undefined) return null;
  const asked = partyAsked(request);
  if (credentials.bearer !== undefined && isKeyText(credentials.bearer)) {
    const isLater = request.routeOptions.config.confirmsActor === true;
    return actorOfKey(doors, credentials.bearer, asked, isLater);
  }
  const session = await doors.signIn.whose(credentials);
  if (session === null) return null;
  const { partyId, roles } = await standing(doors, session.userId, asked);
  return {
    userId: session.userId,
    label: `person/${session.userId}`,
    partyId,
    roles,
    scopes: rightsOf(roles),
    by: credentials.bearer === undefined ? 'cookie' : 'token',
    lacksSecondFactor: !session.hasSecondFactor && doors.signIn.mustHaveSecondFactor(roles),
  };
}

async function actorOfKey(
  doors: IdentifyDoors,
  text: string,
  asked: number | null,
  isConfirmedLater: boolean,
): Promise<Actor> {
  const { database, clock } = doors;
  const key = await (isConfirmedLater ? keyToConfirm : keyByText)(database, text, clock.now());
  if (key === null) throw new Refusal<AccessCode>('api-key-invalid');
  if (asked !== null && asked !== key.partyId) throw new Refusal<AccessCode>('party-not-yours');
  return isConfirmedLater ? confirmedLater(key) : actorOf(key);
}

const BEARER_KEY = /^Bearer +(tw_\S+)$/i;
/** Actors of keys that are remembered, as long as those are. */
const actors = new WeakMap<KeyInUse, Actor>();

/**
 * Who asks with a key that was looked up within the last second, without asking the database; null for anyone else. It
 * is for what confirms the key in the transaction that acts.
 */
export function knownActor({ database, clock }: IdentifyDoors, authorization: string): Actor | null {
  const text = BEARER_KEY.exec(authorization)?.[1];
  const key = text === undefined ? undefined : knownKey(database, text, clock.now());
  return key === undefined ? null : confirmedLater(key);
}

function confirmedLater(key: KeyInUse): Actor {
  let actor = actors.get(key);
  if (actor === undefined) {
    actor = { ...actorOf(key), keyDigest: key.keyHash };
    actors.set(key, actor);
  }
  return actor;
}

function actorOf(key: KeyInUse): Actor {
  return {
    userId: key.createdBy,
    label: `key/${key.keyId}`,
    partyId: key.partyId,
    roles: [],
    // A key of one subject holds no right of the party: it opens what asks for `ofOne`, and nothing else.
    ...(key.onlySubject === null
      ? { scopes: new Set(key.scopes.filter(isRight)) }
      : {
          scopes: new Set(),
          ofOne: { subjectId: key.onlySubject, scopes: new Set(key.scopes.filter(isRight)) },
        }),
    by: 'api-key',
    lacksSecondFactor: false,
  };
}

/** The party a person acts for: the one asked for, or the only one with a role of theirs. */
async function standing(
  doors: IdentifyDoors,
  userId: string,
  asked: number | null,
): Promise<{ partyId: number; roles: readonly string[] }> {
  const { memberships, rolesAtAsked } = await standingOf(doors.database, userId, asked);
  if (asked !== null) {
    if (rolesAtAsked.length === 0) throw new Refusal<AccessCode>('party-not-yours');
    return { partyId: asked, roles: rolesAtAsked };
  }
  const parties = new Set(memberships.map(membership => membership.partyId));
  const [only] = parties;
  if (only === undefined) throw new Refusal<AccessCode>('party-not-yours');
  if (parties.size > 1) throw new Refusal<AccessCode>('party-not-chosen');
  return { partyId: only, roles: memberships.map(membership => membership.role) };
}

function partyAsked(request: FastifyRequest): number | null {
  const header = request.headers['x-thingward-party'];
  if (header === undefined || header === '') return null;
  if (typeof header !== 'string' || !/^[1-9]\d{0,14}$/.test(header)) {
    throw new Refusal<AccessCode>('party-not-yours');
  }
  return Number(header);
}

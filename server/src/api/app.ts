import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Database } from '../kernel/database/transaction.ts';
import type { Logger } from '../kernel/log.ts';
import { Refusal } from '../kernel/refusal.ts';
import type { RootKeyFile } from '../kernel/seal/root-keys.ts';
import type { Clock } from '../kernel/time.ts';
import type { Contribution } from '../spine/contribution.ts';
import type { LedgerReader } from '../spine/ledger/read.ts';
import type { Succession, SuccessionAsked } from '../spine/ledger/succession.ts';
import type { MeasureDesk } from '../spine/measures/ports.ts';
import type { SubscriberDoors } from '../spine/notices/subscribers.ts';
import type { IntakeDoors } from '../spine/observations/intake.ts';
import type { SignIn } from '../spine/registry/people/sign-in.ts';
import type { RegulatorDoor } from '../spine/regulator/regulator-export.ts';
import type { Announcer } from './events.ts';
import type { RulesDoor, StatusDoor } from './ports.ts';
import type { Right } from './rights.ts';

/** Fastify with TypeBox: a route's `schema` gives its types, its validation and its OpenAPI document. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** What the routes are handed by the house. A route reads and writes through `database.door(actor.partyId, …)`. */
export interface Doors {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signIn: SignIn;
  readonly events: Announcer;
  readonly contributions: readonly Contribution[];
  readonly ledger: LedgerReader;
  readonly intake: IntakeDoors;
  /** The secret of an address for pushes. */
  readonly hookSecret: (hookId: string) => string;
  readonly status: StatusDoor;
  readonly rules: RulesDoor;
  /** What ordering and clocks need besides the database. */
  readonly desk: MeasureDesk;
  /** The keys that wrap those of the vault. */
  readonly rootKeys: RootKeyFile;
  /** Lets another log follow the ledger that cannot be signed on. */
  readonly succeedLedger: (asked: SuccessionAsked) => Promise<Succession>;
  /** The shelf and the suppliers of the export to a supervising authority. */
  readonly regulator: RegulatorDoor;
  /** Where notices may go, and what signs them. */
  readonly notices: SubscriberDoors['notices'];
  /** Tells the background work (judge, outbox, sequencer) that something was committed; never waits. */
  wake(): void;
}

/** One file of `api/routes` exports one of these. */
export type RouteFile = (app: App, doors: Doors) => void;

/** Who asks, and for which party. */
export interface Actor {
  /** The person, or the maker of the API key. */
  readonly userId: string;
  /** How the ledger and time lines name the actor: `person/<id>` or `key/<id>`; no personal data. */
  readonly label: string;
  /** The one party this request acts for; row-level security covers it and everything below it. */
  readonly partyId: number;
  /** Roles held at that party or above it; empty for an API key. */
  readonly roles: readonly string[];
  readonly scopes: ReadonlySet<Right>;
  /** Of a key that speaks for one subject: whom, and what it may do there. `scopes` is empty then. */
  readonly ofOne?: { readonly subjectId: number; readonly scopes: ReadonlySet<Right> };
  readonly by: 'cookie' | 'token' | 'api-key';
  /** Of the key that named the actor, which must be confirmed in the transaction that acts; absent where it was certain when the request came. */
  readonly keyDigest?: Buffer;
  /** A role of theirs wants a second factor, and they have set none: `need` refuses whatever they ask. */
  readonly lacksSecondFactor: boolean;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route confirms `actor.keyDigest` in the transaction that acts, so that its key need not be looked up for each request. */
    readonly confirmsActor?: boolean;
  }
  interface FastifyRequest {
    /** Null when nobody is signed in, or when it isn't clear for which party a person acts. */
    actor: Actor | null;
    /** Why there is no actor; thrown by `need`. */
    noActor: Refusal<AccessCode> | null;
  }
}

/** Refusals of the door itself. */
export type AccessCode =
  | 'not-signed-in'
  | 'right-missing'
  | 'party-not-chosen'
  | 'party-not-yours'
  | 'origin-refused'
  | 'api-key-invalid'
  | 'second-factor-missing';

/**
 * The actor of a request, when the actor holds the right. Every route under /api/v1 calls this first.
 * Refuses `not-signed-in` (401) or whatever else kept the request from having an actor,
 * `second-factor-missing` (403) and `right-missing` (403).
 */
export function need(request: FastifyRequest, right: Right): Actor {
  const actor = actorOf(request);
  if (actor.lacksSecondFactor) throw new Refusal<AccessCode>('second-factor-missing');
  if (!actor.scopes.has(right)) throw new Refusal<AccessCode>('right-missing', { detail: { right } });
  return actor;
}

/** As `need`, for routes that keep a key of one subject to that subject. */
export function needOfOne(request: FastifyRequest, right: Right): Actor {
  const { ofOne } = actorOf(request);
  return ofOne?.scopes.has(right) === true ? actorOf(request) : need(request, right);
}

/** The actor of a request, whatever its rights. */
export function actorOf(request: FastifyRequest): Actor {
  if (request.actor) return request.actor;
  throw request.noActor ?? new Refusal<AccessCode>('not-signed-in');
}

import { type Static, type TObject, type TSchema, Type } from 'typebox';
import type { Database } from '../kernel/database/transaction.ts';
import type { Logger } from '../kernel/log.ts';
import type { RootKeyFile } from '../kernel/seal/root-keys.ts';
import type { Clock } from '../kernel/time.ts';
import type { MeasureDesk } from './measures/ports.ts';
import type { IntakeDoors } from './observations/intake.ts';
import type { Right } from './registry/people/rights.ts';

/** What a module works with, whoever asks. */
export interface ModuleDoors {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** What ordering and clocks need besides the database. */
  readonly desk: MeasureDesk;
  /** The keys that wrap those of the vault. */
  readonly rootKeys: RootKeyFile;
  /** Where what a module finds by itself goes on the corridor: see `tellChecks`. */
  readonly intake: IntakeDoors;
}

/** Work of a module that goes on in the background; each step may run twice, also in two processes. */
export interface ModuleRound {
  readonly name: string;
  readonly restMs: number;
  /** True when there may be more to do at once. */
  step(doors: ModuleDoors): Promise<boolean>;
}

/** What a route of a module is handed by the door: who asks, for which party, and the way into the database. */
export interface RouteHand extends ModuleDoors {
  /** From which address; for bounds on open addresses alone, never kept or logged as it is. */
  readonly peer: string;
  /** A header of the request by its name in lower case; null when it is absent or came twice. */
  header(name: string): string | null;
  /**
   * `label` is how the ledger names them: `person/<id>` or `key/<id>`; at an address that is open, where nobody is
   * known, it is `unknown` and the party 0, which sees nothing.
   */
  readonly actor: {
    readonly partyId: number;
    readonly label: string;
    readonly userId: string;
    /** The one subject whose key asks; only where the route takes such keys. */
    readonly onlySubject?: number;
  };
  /** Tells those who follow events that something changed, and wakes what works in the background; after the commit. */
  announce(topic: string, object: string): void;
}

/** What a route answers when what was asked is done later, which it then says by 202 (RFC 9110 §15.3.3). */
export class Later {
  readonly told: object;
  constructor(told: object) {
    this.told = told;
  }
}

/** An answer that is no JSON: octets of a media type, as they are. */
export class Octets {
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  constructor(type: string, bytes: Uint8Array, headers: Readonly<Record<string, string>> = {}) {
    this.type = type;
    this.bytes = bytes;
    this.headers = headers;
  }
}

type Part = Readonly<Record<string, TSchema>>;

/** How a route speaks where a contract from outside prescribes the form of its errors. */
export interface Dialect {
  /** A header of the request that every answer carries back as it came, when it has the pattern. */
  readonly echo: { readonly header: string; readonly pattern: RegExp };
  /** Status and body of a refusal, out of what the house tells of it in English. */
  fault(told: {
    readonly code: string;
    readonly status: number;
    readonly title: string;
    readonly facts?: Readonly<Record<string, unknown>>;
  }): {
    readonly status: number;
    readonly body: object;
  };
}

/** One address below `/api/v1`, declared by the module that answers it. The door checks the right and the shape. */
export interface ModuleRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `/card-batches/:id`, without the prefix. */
  readonly path: string;
  /** What the actor must hold; null where anybody may ask, signed in or not. */
  readonly right: Right | null;
  /** Whether the path is the whole address, where a standard or a certificate names it, and not one below `/api/v1`. */
  readonly isAtRoot?: boolean;
  /** The media type of a body that is taken as octets, a `Buffer`; it has no schema then. */
  readonly takes?: string;
  /** Whether a key of one subject opens it: the route then keeps to `actor.onlySubject`. */
  readonly takesKeysOfOne?: boolean;
  /** Groups the addresses in the OpenAPI document. */
  readonly tag: string;
  /** 200 unless told; 204 for an answer of nothing. */
  readonly status?: number;
  readonly params: TObject;
  readonly query: TObject;
  /** Absent where the route takes no body. */
  readonly body?: TSchema;
  /** Absent where refusals are told as problem documents (RFC 9457). */
  readonly dialect?: Dialect;
  answer(hand: RouteHand, asked: { params: unknown; query: unknown; body: unknown }): Promise<unknown>;
}

/**
 * Declares a route with the types of its parts: `answer` gets them checked against their schemas. A body, and
 * every object in it that is to be closed, says `additionalProperties: false` itself.
 */
export function moduleRoute<
  const P extends Part = Record<never, never>,
  const Q extends Part = Record<never, never>,
  const B extends TSchema = TSchema,
>(route: {
  readonly method: ModuleRoute['method'];
  readonly path: string;
  readonly right: Right | null;
  readonly takesKeysOfOne?: boolean;
  readonly isAtRoot?: boolean;
  readonly takes?: string;
  readonly tag: string;
  readonly status?: number;
  readonly dialect?: Dialect;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  answer(
    hand: RouteHand,
    asked: {
      readonly params: { [K in keyof P]: Static<P[K]> };
      readonly query: Static<TObject<Q>>;
      readonly body: Static<B>;
    },
  ): Promise<unknown>;
}): ModuleRoute {
  const { params, query, answer, ...rest } = route;
  return {
    ...rest,
    params: Type.Object(params ?? {}),
    query: Type.Object(query ?? {}),
    answer: (hand, asked) => answer(hand, asked as Parameters<typeof answer>[1]),
  };
}

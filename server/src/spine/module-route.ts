import { type Static, type TObject, type TSchema, Type } from 'typebox';
import type { Database } from '../kernel/database/transaction.ts';
import type { Clock } from '../kernel/time.ts';
import type { Right } from './registry/people/rights.ts';

/** What a route of a module is handed by the door: who asks, for which party, and the way into the database. */
export interface RouteHand {
  readonly database: Database;
  readonly clock: Clock;
  /** `label` is how the ledger names them: `person/<id>` or `key/<id>`. */
  readonly actor: { readonly partyId: number; readonly label: string; readonly userId: string };
  /** Tells those who follow events that something changed, and wakes what works in the background; after the commit. */
  announce(topic: string, object: string): void;
}

type Part = Readonly<Record<string, TSchema>>;

/** One address below `/api/v1`, declared by the module that answers it. The door checks the right and the shape. */
export interface ModuleRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `/card-batches/:id`, without the prefix. */
  readonly path: string;
  /** What the actor must hold. */
  readonly right: Right;
  /** Groups the addresses in the OpenAPI document. */
  readonly tag: string;
  /** 200 unless told. */
  readonly status?: number;
  readonly params: TObject;
  readonly query: TObject;
  /** Absent where the route takes no body. */
  readonly body?: TSchema;
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
  readonly right: Right;
  readonly tag: string;
  readonly status?: number;
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

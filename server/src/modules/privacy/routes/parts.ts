import { type TSchema, Type } from 'typebox';
import { Refusal } from '../../../kernel/refusal.ts';
import type { RouteHand } from '../../../spine/module-route.ts';
import type { Reader } from '../looks.ts';
import type { Hand, PrivacyCode } from '../model.ts';

/** Parts of requests that several addresses share. */
export const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
export const Handle = Type.String({ pattern: '^[hw]-[0-9a-f]{16}$' });
export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
export const Day = Type.String({ pattern: '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$' });
export const Reason = Type.String({ minLength: 1, maxLength: 300, pattern: '^[^\\x00-\\x1f]+$' });
/** What somebody writes: any length that a letter has, no control characters but line ends and tabs. */
export const Letter = Type.String({
  minLength: 1,
  maxLength: 8_000,
  pattern: '^[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f]+$',
});
export const Line = (most: number) =>
  Type.String({ minLength: 1, maxLength: most, pattern: '^[^\\x00-\\x1f\\x7f]+$' });
/** A document as base64, at most 600 kB of it. */
export const FileText = Type.String({ minLength: 4, maxLength: 800_000, pattern: '^[A-Za-z0-9+/]+={0,2}$' });
export const Page = {
  after: Type.Optional(Id),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
};
export const closed = { additionalProperties: false };

export function oneOf<const T extends string>(values: readonly T[]) {
  return Type.Union(
    values.map(value => Type.Literal(value)) as unknown as [TSchema],
  ) as unknown as ReturnType<typeof Type.Unsafe<T>>;
}

export function handOf({ actor, clock }: RouteHand): Hand {
  return { partyId: actor.partyId, actor: actor.label, atMs: clock.now() };
}

export function readerOf(hand: RouteHand): Reader {
  return { ...handOf(hand), reader: `person/${hand.actor.userId}` };
}

/** A page of rows of which one more than `limit` was asked for; `next` is the id to go on after. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  idOf: (row: Row) => number,
  show: (row: Row) => T,
): { readonly items: readonly T[]; readonly next: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? String(idOf(last)) : null;
  return { items: shown.map(show), next };
}

export const DEFAULT_LIMIT = 100;

/** The refusal of a thing that is not there, or is another party's: both look alike. */
export function absentAs(code: PrivacyCode, subject: string): Refusal<PrivacyCode> {
  return new Refusal<PrivacyCode>(code, { subject });
}

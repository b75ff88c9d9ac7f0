import { Type } from 'typebox';
import { isRefusal, Refusal } from '../kernel/refusal.ts';
import type { Answer } from '../spine/observations/gathered/gathering.ts';
import type { AccessCode } from './app.ts';

/** What both ways of posted records, the usual and the short one, keep to. */
export const POSTED_ROUTE = '/api/v1/sources/:id/records';
export const POSTED_RIGHT = 'observations:write';
/** Largest body of a post; more than that is a file, and goes to the source's batches. */
export const POSTED_BYTES = 256 << 10;

const Outcome = Type.Object({
  outcome: Type.Union([Type.Literal('accepted'), Type.Literal('duplicate'), Type.Literal('quarantined')]),
  place: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
  detail: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});

export const PostedAnswer = Type.Object({
  batchId: Type.Integer(),
  accepted: Type.Integer(),
  duplicate: Type.Integer(),
  quarantined: Type.Integer(),
  records: Type.Array(Outcome),
});

export function shownAnswer({ batchId, fates }: Answer) {
  const counts = { accepted: 0, duplicate: 0, quarantined: 0 };
  for (const { outcome } of fates) counts[outcome] += 1;
  return { batchId, ...counts, records: [...fates] };
}

/** A key that was revoked after it was looked up is to who sent it the same as if it had been before. */
export function asMissingKey(cause: unknown): unknown {
  return isRefusal(cause) && cause.code === 'sender-ended'
    ? new Refusal<AccessCode>('api-key-invalid', { cause })
    : cause;
}

import {
  bits,
  context,
  enumerated,
  generalizedTime,
  octets,
  oid,
  seq,
  tagged,
} from '../../../kernel/der/encode.ts';
import { ocspNonce } from '../x509/extensions.ts';

/** What the register says of one certificate. */
export type Standing =
  | { readonly state: 'good' }
  | { readonly state: 'unknown' }
  | { readonly state: 'revoked'; readonly atMs: number; readonly reason: number };

export interface Answered {
  readonly certId: Uint8Array;
  readonly standing: Standing;
}

export interface AnswerParts {
  /** Identifier of the responder's key: SHA-1 of its octets (RFC 6960 §4.2.1). */
  readonly responderKeyId: Uint8Array;
  readonly producedAtMs: number;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number;
  readonly answered: readonly Answered[];
  readonly nonce: Uint8Array | null;
}

/** The part of an answer that is signed (RFC 6960 §4.2.1). Nothing is dated back. */
export function answerToSign(parts: AnswerParts): Buffer {
  const thisUpdate = generalizedTime(parts.thisUpdateMs);
  const nextUpdate = tagged(0, generalizedTime(parts.nextUpdateMs));
  return seq(
    tagged(2, octets(parts.responderKeyId)),
    generalizedTime(parts.producedAtMs),
    seq(
      ...parts.answered.map(({ certId, standing }) =>
        seq(certId, standingOf(standing), thisUpdate, nextUpdate),
      ),
    ),
    ...(parts.nonce === null ? [] : [tagged(1, seq(ocspNonce(parts.nonce)))]),
  );
}

const GOOD = context(0, Buffer.alloc(0));
const UNKNOWN = context(2, Buffer.alloc(0));

function standingOf(standing: Standing): Buffer {
  if (standing.state === 'good') return GOOD;
  if (standing.state === 'unknown') return UNKNOWN;
  const reason = standing.reason === 0 ? [] : [tagged(0, enumerated(standing.reason))];
  return tagged(1, generalizedTime(standing.atMs), ...reason);
}

const BASIC = oid('1.3.6.1.5.5.7.48.1.1');
const SUCCESSFUL = enumerated(0);

/** The whole answer with its signature and the responder's certificate. */
export function wholeAnswer(
  tbs: Uint8Array,
  algorithm: Uint8Array,
  signature: Uint8Array,
  responder: Uint8Array,
): Buffer {
  const basic = seq(tbs, algorithm, bits(signature), tagged(0, seq(responder)));
  return seq(SUCCESSFUL, tagged(0, seq(BASIC, octets(basic))));
}

/** Why nothing is answered; these are not signed (RFC 6960 §2.3). */
export const FAULTS = { malformed: 1, internal: 2, later: 3, unauthorized: 6 } as const;

export function faultAnswer(fault: keyof typeof FAULTS): Buffer {
  return seq(enumerated(FAULTS[fault]));
}

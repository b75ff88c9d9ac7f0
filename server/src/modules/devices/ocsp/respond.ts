import type { Tx } from '../../../kernel/database/transaction.ts';
import { DerReader } from '../../../kernel/der/read.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { type AuthorityDesk, DIGESTS } from '../authorities/authorities.ts';
import * as authorities from '../authorities/store.ts';
import { type StandingRow, standings } from '../certificates/store.ts';
import { readPublicKey, signatureOf } from '../x509/algorithms.ts';
import { keyIdOf } from '../x509/certificate.ts';
import { SERIAL_BYTES } from '../x509/crl.ts';
import { answerToSign, faultAnswer, type Standing, wholeAnswer } from './answer.ts';
import { type Asked, type Question, readQuestion } from './question.ts';

export interface Told {
  readonly bytes: Buffer;
  /** Until when it may be kept by whoever passes it on; null where it was made for one who asked. */
  readonly keep: { readonly atMs: number; readonly nextMs: number } | null;
}

/**
 * Answers a question about certificates out of the register (I-05: never out of a list, so that no list's age can stop
 * anything). A question that cannot be read is told so, one about another's certificates is `unauthorized`, and a serial
 * number that an authority here never gave out is `unknown`. It is signed by the authority's responder alone.
 */
export async function respond(desk: AuthorityDesk, bytes: Uint8Array): Promise<Told> {
  let question: Question;
  try {
    question = readQuestion(bytes);
  } catch (thrown) {
    if (isRefusal(thrown)) return fault('malformed');
    throw thrown;
  }
  const [first] = question.asked as [Asked];
  const whose = await desk.database.door(0, tx =>
    authorities.openAuthority(tx, { keyDigest: first.issuerKey }),
  );
  for (const { authorityId, partyId } of whose) {
    const told = await desk.database.door(partyId, async tx => {
      const authority = await authorities.authorityById(tx, authorityId);
      if (authority === undefined || !question.asked.every(each => isOf(authority, each))) return null;
      const key = await authorities.responderKey(tx, authorityId);
      const isGood = key !== undefined && (key.notAfterMs as number) > desk.clock.now();
      return { key: isGood ? key : null, states: await statesOf(tx, authorityId, question.asked) };
    });
    if (told === null) continue;
    // Its responder is made within a second of the authority's installation.
    if (told.key === null) return fault('later');
    return await signedAnswer(desk, told.key, question, told.states);
  }
  return fault('unauthorized');
}

function isOf({ nameDigests, keyDigests }: authorities.Authority, asked: Asked): boolean {
  const place = DIGESTS.indexOf(asked.digest);
  return (
    nameDigests[place]?.equals(asked.issuerName) === true &&
    keyDigests[place]?.equals(asked.issuerKey) === true
  );
}

async function statesOf(tx: Tx, authorityId: number, asked: readonly Asked[]): Promise<Standing[]> {
  const serials = asked.map(each => each.serial).filter(each => each.length === SERIAL_BYTES);
  const rows = serials.length === 0 ? [] : await standings(tx, authorityId, serials);
  const bySerial = new Map(rows.map(row => [row.serial.toString('hex'), standingOf(row)]));
  return asked.map(each => bySerial.get(Buffer.from(each.serial).toString('hex')) ?? { state: 'unknown' });
}

function standingOf({ state, reason, revokedAtMs }: StandingRow): Standing {
  if (state === 'valid') return { state: 'good' };
  return { state: 'revoked', atMs: revokedAtMs as number, reason: reason as number };
}

async function signedAnswer(
  desk: AuthorityDesk,
  key: authorities.AuthorityKey,
  question: Question,
  states: readonly Standing[],
): Promise<Told> {
  const nowMs = desk.clock.now();
  const atMs = nowMs - (nowMs % 1_000);
  const nextMs = Math.min(atMs + desk.profiles.ocspMs, key.notAfterMs as number);
  const tbs = answerToSign({
    responderKeyId: keyIdIn(key),
    producedAtMs: atMs,
    thisUpdateMs: atMs,
    nextUpdateMs: nextMs,
    answered: question.asked.map(({ certId }, n) => ({ certId, standing: states[n] as Standing })),
    nonce: question.nonce,
  });
  const [signature] = await desk.keys.signing.sign(desk.keys.named(key), [tbs]);
  const { der } = signatureOf(key.keyType);
  const bytes = wholeAnswer(tbs, der, signature as Buffer, key.certificate as Buffer);
  // RFC 5019 §6: what was made for nobody in particular may be kept by whoever passes it on.
  const isPlain = question.nonce === null && question.asked.length === 1;
  return { bytes, keep: isPlain ? { atMs, nextMs } : null };
}

function keyIdIn(key: authorities.AuthorityKey): Buffer {
  return keyIdOf(readPublicKey(new DerReader(key.spki)).key);
}

function fault(what: Parameters<typeof faultAnswer>[0]): Told {
  return { bytes: faultAnswer(what), keep: null };
}

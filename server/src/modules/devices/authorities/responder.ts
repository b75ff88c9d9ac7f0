import type { Tx } from '../../../kernel/database/transaction.ts';
import { DerReader } from '../../../kernel/der/read.ts';
import { stage } from '../../../spine/ledger/stage.ts';
import { newSerial } from '../certificates/issue.ts';
import { readPublicKey, signatureOf } from '../x509/algorithms.ts';
import { keyIdOf, signed, toBeSigned } from '../x509/certificate.ts';
import * as extensions from '../x509/extensions.ts';
import { nameOf } from '../x509/names.ts';
import { type AuthorityDesk, keyDigestOf, speaking } from './authorities.ts';
import { profileNamed } from './profiles.ts';
import * as store from './store.ts';

/**
 * Sees to it that somebody else than the authority's own key answers for it (I-39): a key and a certificate of its own,
 * renewed when half of its time is over, unless it lasts as long as the authority. True when one was made. It commits with the ledger's entry.
 */
export async function renewResponder(
  desk: AuthorityDesk,
  partyId: number,
  authorityId: number,
): Promise<boolean> {
  const profile = profileNamed(desk.profiles, 'responder', 'responder');
  const isFresh = (found: store.AuthorityKey | undefined, endMs: number): boolean =>
    found !== undefined &&
    (found.notAfterMs as number) >= Math.min(desk.clock.now() + profile.validMs / 2, endMs);
  const isDone = async (tx: Tx, authority: store.Authority | undefined): Promise<boolean> => {
    const endMs = authority?.notAfterMs ?? 0;
    return endMs <= desk.clock.now() || isFresh(await store.responderKey(tx, authorityId), endMs);
  };
  if (await desk.database.door(partyId, async tx => isDone(tx, await store.authorityById(tx, authorityId))))
    return false;
  const isFirst = !(await desk.database.corridor(store.hasSealedKeys));
  return await desk.database.door(partyId, async tx => {
    if (await isDone(tx, await store.lockAuthority(tx, authorityId))) return false;
    await makeResponder(desk, tx, authorityId, isFirst);
    return true;
  });
}

async function makeResponder(
  desk: AuthorityDesk,
  tx: Tx,
  authorityId: number,
  isFirst: boolean,
): Promise<void> {
  const { authority, key } = await speaking(tx, authorityId);
  const profile = profileNamed(desk.profiles, 'responder', 'responder');
  const atMs = desk.clock.now();
  const [type] = profile.keyTypes as [(typeof profile.keyTypes)[number]];
  // Its key is new each month and is used thousands of times a second: it lies sealed, never on a token.
  const made = await desk.keys.make('sealed', type, isFirst);
  const publicKey = readPublicKey(new DerReader(made.spki));
  const nowS = atMs - (atMs % 1_000);
  const notAfterMs = Math.min(nowS + profile.validMs - 1_000, authority.notAfterMs ?? 0);
  const tbs = toBeSigned({
    serial: newSerial(),
    algorithm: signatureOf(key.keyType).der,
    issuer: authority.subject,
    notBeforeMs: Math.max(nowS - profile.backdateMs, authority.notBeforeMs ?? 0),
    notAfterMs,
    subject: nameOf([['commonName', `${authority.name} status`.slice(0, 64)]]),
    spki: made.spki,
    extensions: [
      extensions.basicConstraints(false, null),
      extensions.keyUsage(profile.usages),
      extensions.extendedKeyUsage(profile.purposes),
      extensions.subjectKeyId(keyIdOf(publicKey.key)),
      extensions.authorityKeyId(authority.keyDigests[0] as Buffer),
      extensions.ocspNoCheck(),
    ],
  });
  const [signature] = await desk.keys.signing.sign(desk.keys.named(key), [tbs]);
  const certificate = signed(tbs, signatureOf(key.keyType).der, signature as Buffer);
  const { partyId } = authority;
  await store.addKey(tx, { ...made, partyId, authorityId, use: 'responder', certificate, notAfterMs, atMs });
  await stage(tx, {
    act: 'responder-certified',
    object: `authority/${authorityId}`,
    partyId,
    actor: 'corridor',
    atMs,
    detail: { certificate: keyDigestOf(certificate), notAfterMs },
  });
}

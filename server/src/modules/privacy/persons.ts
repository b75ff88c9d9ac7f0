import { randomBytes } from 'node:crypto';
import type { Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { DAY_MS } from '../../kernel/time.ts';
import { stage } from '../../spine/ledger/stage.ts';
import { holdIdentity, stateIdentity } from '../../spine/registry/identity.ts';
import { registerRows } from '../../spine/registry/register.ts';
import { subjects } from '../../spine/registry/subjects/store.ts';
import { onRecord } from './attempt.ts';
import { type PersonalDataRules, rulesAt } from './catalogue.ts';
import { documentNumber, identityText } from './documents.ts';
import {
  type DocumentKind,
  type Hand,
  HOLDER,
  type Method,
  type PersonKind,
  type PrivacyCode,
} from './model.ts';
import * as store from './persons/store.ts';
import { digestsOf, lockDigest, personsUnder, putIndex } from './vault/store.ts';
import {
  destroyKeys,
  digestIn,
  IDENTITY_INDEX,
  openVault,
  sealValues,
  type Vault,
  type VaultDoors,
} from './vault.ts';

export type { Person } from './persons/store.ts';

/** A person as somebody registers them. Name, number and contact go into the vault and nowhere else. */
export interface PersonTold {
  readonly kind: PersonKind;
  readonly name: string;
  readonly document: { readonly kind: DocumentKind; readonly number: string; readonly expiresOn?: string };
  readonly contact?: string | undefined;
}

/** The person that row-level security lets the transaction see; refuses `person-unknown`. */
export async function personSeen(tx: Tx, handle: string): Promise<store.Person> {
  const found = await store.personByHandle(tx, handle);
  if (found === undefined) throw new Refusal<PrivacyCode>('person-unknown', { subject: `holder/${handle}` });
  return found;
}

/** `personSeen`, locked, and refuses `person-shredded`. */
export async function livingPerson(tx: Tx, handle: string): Promise<store.Person> {
  const seen = await personSeen(tx, handle);
  const held = (await store.lockPerson(tx, seen.personId)) as store.Person;
  if (held.state === 'shredded')
    throw new Refusal<PrivacyCode>('person-shredded', { subject: `holder/${handle}` });
  return held;
}

/**
 * Registers a natural person or unit with a document of identity: sealed values, a digest to find the identity by, a
 * subject in the registry under the handle, the ledger entry, all in one transaction. Nothing of it can be read
 * outside the vault. One identity is one person at a party, also for two callers at once.
 * Refuses `person-known` with the handle there is, `document-kind-wrong`, `document-number-invalid` and whatever
 * keeps the vault shut.
 */
export async function registerPerson(
  doors: VaultDoors,
  hand: Hand,
  told: PersonTold,
): Promise<{ readonly handle: string; readonly documentId: number }> {
  const attempt = { act: 'person-registered', object: 'holder/new', ...hand };
  return onRecord(doors, attempt, async () => {
    const vault = await openVault(doors);
    return recordedNew(doors, hand, vault, told);
  });
}

async function recordedNew(doors: VaultDoors, hand: Hand, vault: Vault, told: PersonTold) {
  const number = documentNumber(told.kind, told.document.kind, told.document.number);
  const { partyId } = hand;
  return doors.database.door(partyId, async tx => {
    const identity = identityText(told.document.kind, number);
    const digest = await digestIn(tx, vault, IDENTITY_INDEX, identity);
    await lockDigest(tx, partyId, digest);
    const [known] = await personsUnder(tx, IDENTITY_INDEX, digest, partyId);
    if (known !== undefined) {
      const person = (await store.personById(tx, known)) as store.Person;
      throw new Refusal<PrivacyCode>('person-known', { detail: { person: person.handle } });
    }
    const handle = `h-${randomBytes(8).toString('hex')}`;
    const subjectId = await holderSubject(tx, hand, handle);
    const person = await store.insertPerson(tx, { partyId, handle, kind: told.kind, subjectId }, hand);
    const document = await addDocument(tx, vault, person, { ...told.document, number }, digest, hand);
    const values = {
      name: told.name,
      ...(told.contact === undefined ? {} : { contact: told.contact }),
    };
    await sealValues(tx, vault, person, 'real-name', values, hand.atMs);
    await stage(tx, {
      act: 'person-registered',
      object: `holder/${handle}`,
      partyId,
      actor: hand.actor,
      atMs: hand.atMs,
      detail: { kind: told.kind, document: told.document.kind },
    });
    return { handle, documentId: document.documentId };
  });
}

async function addDocument(
  tx: Tx,
  vault: Vault,
  person: store.Person,
  told: { readonly kind: DocumentKind; readonly number: string; readonly expiresOn?: string },
  digest: Buffer,
  hand: Hand,
): Promise<store.IdentityDocument> {
  const { personId, partyId } = person;
  const expiresOn = told.expiresOn ?? null;
  const document = await store.insertDocument(tx, { partyId, personId, kind: told.kind, expiresOn }, hand);
  const field = `document/${document.documentId}/number`;
  const key = await sealValues(tx, vault, person, 'real-name', { [field]: told.number }, hand.atMs);
  await putIndex(tx, IDENTITY_INDEX, digest, key);
  return document;
}

async function holderSubject(tx: Tx, hand: Hand, handle: string): Promise<number> {
  const asks = { registrations: [{ do: 'subject' as const, kind: HOLDER, reference: handle }] };
  await registerRows(tx, hand.partyId, [{ place: handle, asks }], hand.actor, hand.atMs);
  const [subject] = await subjects(tx, { kind: HOLDER, reference: handle }, 0, 1);
  if (subject === undefined) throw new Error('a holder that was registered is not in the registry');
  return subject.subjectId;
}

export interface VerificationTold {
  readonly documentId: number;
  readonly outcome: 'verified' | 'failed' | 'withdrawn';
  readonly method: Method;
  /** Milliseconds; without it as long as the catalogue says, never longer than the document. */
  readonly validToMs?: number | undefined;
  /** SHA-256 of what shows it (a photograph, an answer of an authority), which stays where it was made. */
  readonly evidenceSha256?: string | undefined;
}

/**
 * Puts down how the verification of an identity came out, by whom, by what method and until when; the registry learns
 * it as the fact that gates rest on, in the same transaction. Refuses `person-unknown`, `person-shredded`,
 * `document-unknown`, `document-expired`, `verification-term-invalid`.
 */
export async function verifyIdentity(
  doors: VaultDoors,
  editions: readonly PersonalDataRules[],
  hand: Hand,
  handle: string,
  told: VerificationTold,
): Promise<{ readonly verificationId: number; readonly validToMs: number }> {
  const attempt = { act: 'identity-verification', object: `holder/${handle}`, ...hand };
  return onRecord(doors, attempt, async () => {
    // What the actor may see is decided here; the corridor, which alone may state an identity, sees everything.
    const seen = await doors.database.door(hand.partyId, tx => personSeen(tx, handle));
    const rules = rulesAt(editions, hand.atMs);
    return doors.database.corridor(async tx => {
      const person = await livingPerson(tx, seen.handle);
      return stateVerification(tx, rules, hand, person, told);
    });
  });
}

async function stateVerification(
  tx: Tx,
  rules: PersonalDataRules,
  hand: Hand,
  person: store.Person,
  told: VerificationTold,
) {
  const { personId, partyId, handle } = person;
  const document = (await store.documentsOf(tx, personId)).find(each => each.documentId === told.documentId);
  if (document === undefined || person.kind === 'writer' || person.subjectId === null)
    throw new Refusal<PrivacyCode>('document-unknown', { subject: `holder/${handle}` });
  const validToMs = told.outcome === 'verified' ? termOf(rules, document, told, hand.atMs) : hand.atMs;
  const verificationId = await store.insertVerification(tx, partyId, {
    personId,
    documentId: document.documentId,
    outcome: told.outcome,
    method: told.method,
    evidenceSha256: told.evidenceSha256 ?? null,
    verifiedBy: hand.actor,
    verifiedAtMs: hand.atMs,
    validToMs,
  });
  const [identityKey] = await digestsOf(tx, IDENTITY_INDEX, personId);
  await stateIdentity(
    tx,
    {
      subjectId: person.subjectId,
      outcome: told.outcome,
      person: person.kind,
      identityKey: identityKey ?? null,
      method: told.method,
      evidence: `identity-verification/${verificationId}`,
      untilMs: validToMs,
      statedBy: hand.actor,
    },
    hand.atMs,
  );
  return { verificationId, validToMs };
}

function termOf(
  rules: PersonalDataRules,
  document: store.IdentityDocument,
  told: VerificationTold,
  atMs: number,
): number {
  const documentMs =
    document.expiresOn === null
      ? Number.POSITIVE_INFINITY
      : Date.parse(`${document.expiresOn}T00:00:00+08:00`) + DAY_MS;
  if (documentMs <= atMs) throw new Refusal<PrivacyCode>('document-expired');
  const wanted = told.validToMs ?? Math.min(atMs + rules.verifiedForDays * DAY_MS, documentMs);
  if (wanted <= atMs || wanted > documentMs || wanted > atMs + rules.verifiedForDays * DAY_MS)
    throw new Refusal<PrivacyCode>('verification-term-invalid', { detail: { days: rules.verifiedForDays } });
  return wanted;
}

/**
 * Ends a person's record: every key is destroyed, the identity is withdrawn in the registry, and the ledger has the
 * names of the destroyed keys. What was sealed cannot be read from then on. Refuses `person-holds-cards` while a card
 * is theirs, for its registration is a duty (Decision art. 6).
 */
export async function shredPerson(
  doors: VaultDoors,
  hand: Hand,
  handle: string,
  reason: string,
  holdsCards: (tx: Tx, subjectId: number) => Promise<boolean>,
): Promise<{ readonly keys: number }> {
  const attempt = { act: 'person-shredded', object: `holder/${handle}`, ...hand };
  return onRecord(doors, attempt, async () => {
    const vault = await openVault(doors);
    await doors.database.door(hand.partyId, tx => personSeen(tx, handle));
    return doors.database.corridor(async tx => {
      const person = await livingPerson(tx, handle);
      // A card that is on its way to the holder waits from here on, and is refused afterwards.
      if (person.subjectId !== null) await holdIdentity(tx, person.subjectId);
      if (person.subjectId !== null && (await holdsCards(tx, person.subjectId)))
        throw new Refusal<PrivacyCode>('person-holds-cards', { subject: `holder/${handle}` });
      await withdraw(tx, hand, person);
      await store.endPersonsOf(tx, [person.personId], hand.atMs);
      await stage(tx, {
        act: 'person-shredded',
        object: `holder/${handle}`,
        partyId: person.partyId,
        actor: hand.actor,
        atMs: hand.atMs,
        detail: { reason },
      });
      const keys = await destroyKeys(tx, vault, person.personId, { reason, ...hand });
      return { keys };
    });
  });
}

async function withdraw(tx: Tx, hand: Hand, person: store.Person): Promise<void> {
  if (person.subjectId === null || person.kind === 'writer') return;
  const [last] = await store.verificationsOf(tx, person.personId, 1);
  if (last?.outcome !== 'verified') return;
  await stateIdentity(
    tx,
    {
      subjectId: person.subjectId,
      outcome: 'withdrawn',
      person: person.kind,
      identityKey: null,
      method: last.method,
      evidence: `identity-verification/${last.verificationId}`,
      untilMs: hand.atMs,
      statedBy: hand.actor,
    },
    hand.atMs,
  );
}

/** The person of a row that refers to one, as far as the transaction may see it. */
export async function personOfRow(tx: Tx, personId: number): Promise<store.Person> {
  const found = await store.personById(tx, personId);
  if (found === undefined) throw new Refusal<PrivacyCode>('person-unknown');
  return found;
}

/** A record for somebody known by what they wrote alone: its handle, and the person to seal it under. */
export async function newWriter(tx: Tx, hand: Hand, partyId: number): Promise<store.Person> {
  const handle = `w-${randomBytes(8).toString('hex')}`;
  return store.insertPerson(tx, { partyId, handle, kind: 'writer', subjectId: null }, hand);
}

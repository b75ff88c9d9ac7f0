import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';
import type { DocumentKind, Method, PersonKind } from '../model.ts';

/** The only SQL over person, identity_document and identity_verification. */

export interface Person {
  readonly personId: number;
  readonly partyId: number;
  readonly handle: string;
  readonly kind: PersonKind | 'writer';
  readonly subjectId: number | null;
  readonly state: 'active' | 'shredded';
  readonly madeAtMs: number;
  readonly endedAtMs: number | null;
}

const columns = sql`person_id as "personId", party_id as "partyId", handle, kind, subject_id as "subjectId", state,
  made_at as "madeAtMs", ended_at as "endedAtMs"`;

export async function insertPerson(
  tx: Tx,
  person: {
    readonly partyId: number;
    readonly handle: string;
    readonly kind: Person['kind'];
    readonly subjectId: number | null;
  },
  hand: { readonly actor: string; readonly atMs: number },
): Promise<Person> {
  const { rows } = await sql<Person>`insert into person (party_id, handle, kind, subject_id, made_at, made_by)
    values (${person.partyId}, ${person.handle}, ${person.kind}, ${person.subjectId}, ${at(hand.atMs)}, ${hand.actor})
    returning ${columns}`.execute(tx);
  return rows[0]!;
}

export async function personByHandle(tx: Tx, handle: string): Promise<Person | undefined> {
  const { rows } = await sql<Person>`select ${columns} from person where handle = ${handle}`.execute(tx);
  return rows[0];
}

export async function personById(tx: Tx, personId: number): Promise<Person | undefined> {
  const { rows } = await sql<Person>`select ${columns} from person where person_id = ${personId}`.execute(tx);
  return rows[0];
}

/** Holds a person until the transaction ends, against others who change what is kept of them. */
export async function lockPerson(tx: Tx, personId: number): Promise<Person | undefined> {
  const { rows } =
    await sql<Person>`select ${columns} from person where person_id = ${personId} for update`.execute(tx);
  return rows[0];
}

export async function personsPage(tx: Tx, afterId: number, limit: number): Promise<Person[]> {
  const { rows } = await sql<Person>`select ${columns} from person
    where kind <> 'writer' and person_id > ${afterId} order by person_id limit ${limit}`.execute(tx);
  return rows;
}

export async function endPersonsOf(tx: Tx, personIds: readonly number[], atMs: number): Promise<void> {
  await sql`update person set state = 'shredded', ended_at = ${at(atMs)}
    where person_id = any(${[...personIds]}::bigint[]) and state = 'active'`.execute(tx);
}

export interface IdentityDocument {
  readonly documentId: number;
  readonly personId: number;
  readonly kind: DocumentKind;
  readonly expiresOn: string | null;
  readonly madeAtMs: number;
}

const documentColumns = sql`document_id as "documentId", person_id as "personId", kind, expires_on::text as "expiresOn",
  made_at as "madeAtMs"`;

export async function insertDocument(
  tx: Tx,
  document: {
    readonly partyId: number;
    readonly personId: number;
    readonly kind: DocumentKind;
    readonly expiresOn: string | null;
  },
  hand: { readonly actor: string; readonly atMs: number },
): Promise<IdentityDocument> {
  const { rows } = await sql<IdentityDocument>`
    insert into identity_document (party_id, person_id, kind, expires_on, made_at, made_by)
    values (${document.partyId}, ${document.personId}, ${document.kind}, ${document.expiresOn}::text::date,
      ${at(hand.atMs)}, ${hand.actor}) returning ${documentColumns}`.execute(tx);
  return rows[0]!;
}

export async function documentsOf(tx: Tx, personId: number): Promise<IdentityDocument[]> {
  const { rows } = await sql<IdentityDocument>`select ${documentColumns} from identity_document
    where person_id = ${personId} order by document_id limit 100`.execute(tx);
  return rows;
}

export interface Verification {
  readonly verificationId: number;
  readonly personId: number;
  readonly documentId: number;
  readonly outcome: 'verified' | 'failed' | 'withdrawn';
  readonly method: Method;
  readonly evidenceSha256: string | null;
  readonly verifiedBy: string;
  readonly verifiedAtMs: number;
  readonly validToMs: number;
}

export async function insertVerification(
  tx: Tx,
  partyId: number,
  one: Omit<Verification, 'verificationId'>,
): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into identity_verification (party_id, person_id, document_id, outcome, method, evidence_sha256, verified_by, verified_at, valid_to)
    values (${partyId}, ${one.personId}, ${one.documentId}, ${one.outcome}, ${one.method}, ${one.evidenceSha256},
      ${one.verifiedBy}, ${at(one.verifiedAtMs)}, ${at(one.validToMs)})
    returning verification_id as id`.execute(tx);
  return rows[0]!.id;
}

/** The newest first. */
export async function verificationsOf(tx: Tx, personId: number, limit = 100): Promise<Verification[]> {
  const { rows } = await sql<Verification>`
    select verification_id as "verificationId", person_id as "personId", document_id as "documentId", outcome, method,
      evidence_sha256 as "evidenceSha256", verified_by as "verifiedBy", verified_at as "verifiedAtMs",
      valid_to as "validToMs"
    from identity_verification where person_id = ${personId} order by verification_id desc limit ${limit}`.execute(
    tx,
  );
  return rows;
}

/** Registered persons of a period with their last document and its last verification; by number, after one (C-54). */
export interface RegisteredRow {
  readonly id: number;
  readonly party: number;
  readonly holder: string;
  readonly kind: string;
  readonly state: Person['state'];
  readonly registeredAt: number;
  readonly document: number | null;
  readonly documentKind: string | null;
  readonly documentExpiresOn: string | null;
  readonly outcome: string | null;
  readonly method: string | null;
  readonly verifiedAt: number | null;
  readonly verifiedTo: number | null;
  readonly image: string | null;
}

export async function personsWithin(
  tx: Tx,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  afterId: number,
  limit: number,
): Promise<RegisteredRow[]> {
  const { rows } = await sql<RegisteredRow>`
    select p.person_id as id, p.party_id as party, p.handle as holder, p.kind, p.state, p.made_at as "registeredAt",
      d.document_id as document, d.kind as "documentKind", d.expires_on::text as "documentExpiresOn", v.outcome, v.method,
      v.verified_at as "verifiedAt", v.valid_to as "verifiedTo", v.evidence_sha256 as image
    from person p
    left join lateral (select * from identity_document i where i.person_id = p.person_id
      order by i.document_id desc limit 1) d on true
    left join lateral (select * from identity_verification i where i.person_id = p.person_id
      order by i.verification_id desc limit 1) v on true
    where p.kind <> 'writer' and p.person_id > ${afterId} and p.made_at >= ${at(fromMs)} and p.made_at < ${at(toMs)}
    order by p.person_id limit ${limit}`.execute(tx);
  return rows;
}

/** How many of them are not shredded: whom an export in the clear would show. */
export async function activePersonsWithin(
  tx: Tx,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from person
    where kind <> 'writer' and state = 'active' and made_at >= ${at(fromMs)} and made_at < ${at(toMs)}`.execute(
    tx,
  );
  return rows[0]!.n;
}

import { sql } from 'kysely';
import type { Tx } from '../database/transaction.ts';
import { Refusal } from '../refusal.ts';
import { commit, newSalt } from './commitment.ts';
import type { SealCode } from './refusals.ts';

/** A text to be committed to: the object whose entry shows the commitment, and the name it has there. */
export interface SealedText {
  readonly partyId: number;
  readonly object: string;
  readonly name: string;
  readonly text: string;
}

export interface OpenedSalt {
  readonly name: string;
  readonly salt: Buffer;
}

/**
 * Commits to each text under a salt of its own, kept with object and name; commitments as 64 hex digits, in
 * the order of the texts. The same object and name meet the same salt again, so that a repeated act repeats
 * its commitment; a text of another entry therefore takes another name.
 */
export async function sealTexts(tx: Tx, texts: readonly SealedText[]): Promise<string[]> {
  if (texts.length === 0) return [];
  const salts = await saltsFor(tx, texts);
  return texts.map(text => commit(saltOf(salts, text), text.text).toString('hex'));
}

/** `sealTexts` for one. */
export async function sealText(tx: Tx, text: SealedText): Promise<string> {
  return (await sealTexts(tx, [text]))[0] as string;
}

/** The salts of an object that this transaction may see and nobody has shredded, by name. */
export async function openSalts(tx: Tx, object: string): Promise<OpenedSalt[]> {
  const found =
    await sql<OpenedSalt>`select name, salt from salt where object = ${object} order by name`.execute(tx);
  return found.rows;
}

/**
 * Removes the salts of an object, or the one of that name, and says how many. From the commit on nothing in
 * the running system links the commitments to their texts; copies in backups end with these.
 */
export async function shredSalts(tx: Tx, object: string, name?: string): Promise<number> {
  const named = name === undefined ? sql`` : sql`and name = ${name}`;
  const gone = await sql`delete from salt where object = ${object} ${named}`.execute(tx);
  return Number(gone.numAffectedRows ?? 0n);
}

async function saltsFor(tx: Tx, texts: readonly SealedText[]): Promise<Map<string, Buffer>> {
  const objects = texts.map(text => text.object);
  const names = texts.map(text => text.name);
  const made = await sql<{ object: string; name: string; salt: Buffer }>`
    insert into salt (party_id, object, name, salt)
    select distinct on (object, name) party_id, object, name, decode(salt, 'hex')
    from unnest(${texts.map(text => text.partyId)}::bigint[], ${objects}::text[], ${names}::text[],
      ${texts.map(() => newSalt().toString('hex'))}::text[]) as wanted (party_id, object, name, salt)
    on conflict (object, name) do nothing
    returning object, name, salt`.execute(tx);
  const salts = new Map(made.rows.map(row => [place(row), row.salt]));
  if (texts.some(text => !salts.has(place(text)))) {
    const kept = await sql<{ object: string; name: string; salt: Buffer }>`
      select object, name, salt from salt
      join unnest(${objects}::text[], ${names}::text[]) as wanted (object, name) using (object, name)`.execute(
      tx,
    );
    for (const row of kept.rows) salts.set(place(row), row.salt);
  }
  return salts;
}

function saltOf(salts: ReadonlyMap<string, Buffer>, text: SealedText): Buffer {
  const salt = salts.get(place(text));
  if (salt === undefined) throw new Refusal<SealCode>('seal-salt-of-another', { subject: text.object });
  return salt;
}

function place(text: { readonly object: string; readonly name: string }): string {
  return JSON.stringify([text.object, text.name]);
}

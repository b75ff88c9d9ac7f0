import { sha256 } from '../../../kernel/bytes.ts';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { subjectsById } from '../../registry/dossiers/store.ts';
import { resolveClaims } from '../../registry/naming.ts';
import { type BatchCode, LONGEST_NAME, MOST_MEMBERS } from './batch.ts';
import type { NewMember } from './store.ts';

/** Names looked up by one statement. */
const STEP = 1_000;

/** A member as somebody names it, and the claims it may stand for. */
export interface Name {
  readonly given: string;
  readonly claims: readonly string[];
}

export interface Member extends NewMember {
  /** Whose subject it is; null for nobody's. */
  readonly partyId: number | null;
}

/** Members in the order in which they were named, each subject once. */
export interface Members {
  readonly members: readonly Member[];
  readonly repeated: number;
  /** Digest of the names, one a line. */
  readonly digest: string;
  /** The same text, for a commitment. */
  readonly text: string;
}

/**
 * Whom names stand for: `subject/17` the subject of that number, anything else who bears the claim now. Another party's
 * thing and nobody's are told alike: unknown. A name that several bear names none of them.
 *
 * Refuses `measure-batch-empty`, `measure-batch-too-large`.
 */
export async function membersNamed(
  tx: Tx,
  partyId: number,
  names: readonly Name[],
  kinds: readonly string[],
  atMs: number,
): Promise<Members> {
  const distinct = [...new Map(names.map(name => [name.given, name])).values()];
  refuseSize(distinct.length);
  const found: (number | 'ambiguous' | null)[] = [];
  for (let from = 0; from < distinct.length; from += STEP)
    found.push(...(await namedIn(tx, partyId, distinct.slice(from, from + STEP), atMs)));
  return await gathered(
    tx,
    distinct.map(({ given }, i) => ({ given, found: found[i] ?? null })),
    kinds,
    names.length - distinct.length,
  );
}

/** Members that are known by their numbers: those of a case, of a finding's evidence or of another batch. */
export async function membersNumbered(
  tx: Tx,
  subjectIds: readonly number[],
  kinds: readonly string[],
): Promise<Members> {
  refuseSize(subjectIds.length);
  const asked = subjectIds.map(id => ({ given: `subject/${id}`, found: id }));
  return await gathered(tx, asked, kinds, 0);
}

function refuseSize(count: number): void {
  if (count === 0) throw new Refusal<BatchCode>('measure-batch-empty');
  if (count > MOST_MEMBERS)
    throw new Refusal<BatchCode>('measure-batch-too-large', { detail: { count, most: MOST_MEMBERS } });
}

async function namedIn(
  tx: Tx,
  partyId: number,
  names: readonly Name[],
  atMs: number,
): Promise<(number | 'ambiguous' | null)[]> {
  const asked = names.flatMap(({ claims }, i) => claims.map(claim => ({ claim, atMs, i })));
  const namings = await resolveClaims(tx, partyId, asked);
  const found = names.map(() => new Set<number>());
  const isTold = names.map(() => false);
  for (const [at, naming] of namings.entries()) {
    const { i } = asked[at]!;
    if ('subjectId' in naming) found[i]!.add(naming.subjectId);
    if ('ambiguous' in naming) isTold[i] = true;
  }
  return names.map(({ given }, i) => {
    const [, number] = /^subject\/([1-9]\d{0,14})$/.exec(given) ?? [];
    if (number !== undefined) return Number(number);
    const [only] = found[i]!;
    return isTold[i] || found[i]!.size > 1 ? 'ambiguous' : (only ?? null);
  });
}

async function gathered(
  tx: Tx,
  asked: readonly { readonly given: string; readonly found: number | 'ambiguous' | null }[],
  kinds: readonly string[],
  repeatedNames: number,
): Promise<Members> {
  const ids = asked.flatMap(({ found }) => (typeof found === 'number' ? [found] : []));
  const subjects = new Map((await subjectsById(tx, ids)).map(each => [each.subjectId, each]));
  const members: Member[] = [];
  const seen = new Set<number>();
  let repeated = repeatedNames;
  for (const { given, found } of asked) {
    const subject = typeof found === 'number' ? subjects.get(found) : undefined;
    const isKind = subject !== undefined && kinds.includes(subject.kind);
    if (isKind && seen.has(subject.subjectId)) {
      repeated += 1;
      continue;
    }
    if (isKind) seen.add(subject.subjectId);
    members.push({
      place: members.length + 1,
      given: given.slice(0, LONGEST_NAME),
      subjectId: isKind ? subject.subjectId : null,
      partyId: isKind ? subject.partyId : null,
      reason: isKind ? null : whyNobody(given, found, subject !== undefined),
    });
  }
  const text = members.map(each => `${each.given}\n`).join('');
  return { members, repeated, text, digest: sha256(text).toString('hex') };
}

function whyNobody(given: string, found: number | 'ambiguous' | null, isThere: boolean): string {
  // Spreadsheets write long numbers so, and have lost digits of them.
  if (/^\d+(\.\d*)?[eE][+-]?\d+$/.test(given)) return 'damaged-number';
  if (isThere) return 'of-another-kind';
  return found === 'ambiguous' ? 'ambiguous' : 'not-yours-or-unknown';
}

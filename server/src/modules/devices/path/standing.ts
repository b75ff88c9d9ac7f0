import { TAG, tlv } from '../../../kernel/der/encode.ts';
import { insideOf } from '../../../kernel/der/read.ts';
import { OID } from '../x509/extensions.ts';
import type { ReadCertificate } from '../x509/read-certificate.ts';
import {
  type DistributionPointName,
  flagsIn,
  isRemoval,
  type ListEntry,
  pointName,
  type ReadList,
  serialKey,
} from './list.ts';
import { type GeneralName, generalNames, nameKey } from './names.ts';
import { type Anchor, didSign } from './validate.ts';

/** What lists tell of a certificate; `unknown` where none tells of it for every reason. */
export type Standing = 'good' | 'revoked' | 'unknown';

/** Reasons that every certificate must be told of for (RFC 5280 §4.2.1.13): bits 1 to 8. */
const REASONS: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8];
const MOST_POINTS = 64;

/**
 * What lists tell of a certificate, by RFC 5280 §6.3. `signerOf` answers who signed a list and may, or null: a list whose
 * signer is not trusted tells nothing. A delta is taken where one belongs to a list.
 */
export function standingOf(
  one: ReadCertificate,
  lists: readonly ReadList[],
  nowMs: number,
  signerOf: (list: ReadList) => Pick<Anchor, 'publicKey'> | null,
): Standing {
  const open = new Set(REASONS);
  for (const point of pointsOf(one))
    for (const list of lists) {
      if (list.baseNumber !== null || list.notUnderstood !== null || !tells(list, point, one)) continue;
      const told = REASONS.filter(
        each => (list.scope.reasons?.has(each) ?? true) && (point.reasons?.has(each) ?? true),
      );
      if (!told.some(each => open.has(each))) continue;
      const signer = signerOf(list);
      if (signer === null) continue;
      const delta = deltaOf(list, lists, nowMs, signer);
      if (!isCurrent(list, nowMs) && delta === null) continue;
      const entry = (delta === null ? undefined : entryOf(one, delta)) ?? entryOf(one, list);
      if (entry !== undefined && !isRemoval(entry)) return 'revoked';
      for (const each of told) open.delete(each);
      if (open.size === 0) return 'good';
    }
  return 'unknown';
}

function isCurrent({ thisUpdateMs, nextUpdateMs }: ReadList, nowMs: number): boolean {
  return thisUpdateMs <= nowMs && nextUpdateMs !== null && nowMs <= nextUpdateMs;
}

function entryOf(one: ReadCertificate, { entries }: ReadList): ListEntry | undefined {
  const [serial, issuer] = [serialKey(one.serial), nameKey(one.issuer)];
  return entries.find(each => each.serial === serial && each.issuer === issuer);
}

/** The newest delta that adds to a list: same issuer, key and scope, from no later than the list (§6.3.3 (c)). */
function deltaOf(
  list: ReadList,
  lists: readonly ReadList[],
  nowMs: number,
  signer: Pick<Anchor, 'publicKey'>,
): ReadList | null {
  const { number } = list;
  if (number === null) return null;
  let newest: ReadList | null = null;
  for (const each of lists) {
    const { baseNumber, number: own } = each;
    if (baseNumber === null || own === null || each.notUnderstood !== null || !isCurrent(each, nowMs))
      continue;
    if (nameKey(each.issuer) !== nameKey(list.issuer) || !isSameScope(each, list)) continue;
    if (number < baseNumber || number >= own || !didSign(signer, each)) continue;
    if (newest === null || own > (newest.number as bigint)) newest = each;
  }
  return newest;
}

function isSameScope(one: ReadList, other: ReadList): boolean {
  const [a, b] = [one.scope.der, other.scope.der];
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}

/** Where a certificate says that it is told of; the last one is its own issuer, whom every certificate has. */
interface Point {
  readonly name: DistributionPointName | null;
  readonly reasons: ReadonlySet<number> | null;
  /** Who else issues the list. */
  readonly issuers: readonly GeneralName[] | null;
}

const OF_ISSUER: Point = { name: null, reasons: null, issuers: null };

function pointsOf({ extensions }: ReadCertificate): Point[] {
  const extension = extensions.get(OID.crlDistributionPoints);
  if (extension === undefined) return [OF_ISSUER];
  const all = insideOf(extension.value);
  const points: Point[] = [];
  while (!all.isAtEnd) {
    if (points.length === MOST_POINTS) throw all.no('too many distribution points');
    const inside = all.enter(0x30);
    const name = inside.optional(0xa0);
    const reasons = inside.optional(0x81);
    const issuers = inside.optional(0xa2);
    inside.close();
    points.push({
      name: name === null ? null : pointName(inside.inside(name)),
      reasons: reasons === null ? null : flagsIn(inside.contents(reasons)),
      issuers: issuers === null ? null : generalNames(inside.inside(issuers)),
    });
  }
  return [...points, OF_ISSUER];
}

/** Whether a list is one of those that a point means, and tells of certificates such as this one (§6.3.3 (b)). */
function tells({ issuer, scope }: ReadList, point: Point, one: ReadCertificate): boolean {
  const listIssuer = nameKey(issuer);
  const isItsIssuer =
    point.issuers === null
      ? listIssuer === nameKey(one.issuer)
      : scope.isIndirect && directories(point.issuers).some(name => nameKey(name) === listIssuer);
  if (!isItsIssuer) return false;
  if (scope.attributesOnly || (one.isAuthority ? scope.usersOnly : scope.authoritiesOnly)) return false;
  if (scope.point === null) return true;
  const named = new Set(namesAt(scope.point, issuer));
  return namesOfPoint(point, one).some(each => named.has(each));
}

function namesOfPoint({ name, issuers }: Point, one: ReadCertificate): string[] {
  const of = issuers === null ? one.issuer : (directories(issuers)[0] ?? one.issuer);
  if (name !== null) return namesAt(name, of);
  return issuers === null ? [`directory:${nameKey(one.issuer)}`] : issuers.map(keyOf);
}

function namesAt(name: DistributionPointName, issuer: Uint8Array): string[] {
  if ('names' in name) return name.names.map(keyOf);
  const above = insideOf(issuer);
  const contents: Uint8Array[] = [];
  while (!above.isAtEnd) contents.push(above.whole(above.element()));
  return [`directory:${nameKey(tlv(TAG.sequence, ...contents, name.relative))}`];
}

function directories(names: readonly GeneralName[]): Uint8Array[] {
  return names.flatMap(({ kind, value }) => (kind === 'directory' ? [value] : []));
}

function keyOf({ kind, tag, value }: GeneralName): string {
  return kind === 'directory'
    ? `directory:${nameKey(value)}`
    : `${tag}:${Buffer.from(value).toString('hex')}`;
}

import { TAG, tlv } from '../../../kernel/der/encode.ts';
import { DerReader, insideOf } from '../../../kernel/der/read.ts';
import { OID } from '../x509/extensions.ts';
import { type Extensions, MOST_SERIAL_BYTES, readExtensions } from '../x509/read-certificate.ts';
import { type GeneralName, generalNames, nameKey } from './names.ts';

/** A list of what somebody revoked (RFC 5280 §5), as it was read; nothing of it was verified. */
export interface ReadList {
  readonly tbs: Uint8Array;
  readonly algorithm: Uint8Array;
  readonly signature: Uint8Array;
  readonly issuer: Uint8Array;
  readonly thisUpdateMs: number;
  /** Null where it names no end; such a list is of no use (§5.1.2.5). */
  readonly nextUpdateMs: number | null;
  readonly number: bigint | null;
  /** Of a delta: the number of the list it adds to. */
  readonly baseNumber: bigint | null;
  readonly scope: ListScope;
  readonly entries: readonly ListEntry[];
  /** A critical extension of the list or of an entry that is not understood: then nothing of it may be used (§5.2, §5.3). */
  readonly notUnderstood: string | null;
}

export interface ListEntry {
  readonly serial: string;
  /** Name of who issued the certificate, as `nameKey` writes it. */
  readonly issuer: string;
  readonly reason: number;
}

/** What a list tells of (§5.2.5); everything of its issuer's where it does not say. */
export interface ListScope {
  readonly der: Uint8Array | null;
  readonly point: DistributionPointName | null;
  readonly usersOnly: boolean;
  readonly authoritiesOnly: boolean;
  readonly attributesOnly: boolean;
  readonly reasons: ReadonlySet<number> | null;
  readonly isIndirect: boolean;
}

/** Where a list lies: names, or the end of a name that begins as that of whoever issues the list (§4.2.1.13). */
export type DistributionPointName =
  | { readonly names: readonly GeneralName[] }
  /** DER of one part of a name. */
  | { readonly relative: Uint8Array };

/** Longest list that is read. */
export const MOST_LIST_BYTES = 16 * 1024 * 1024;
const MOST_ENTRIES = 200_000;
const REMOVED = 8;
const CERTIFICATE_ISSUER = '2.5.29.29';
const INVALIDITY_DATE = '2.5.29.24';
const OF_LISTS: ReadonlySet<string> = new Set([
  ...[OID.authorityKeyId, OID.crlNumber, OID.deltaCrlIndicator, OID.issuingDistributionPoint],
]);
const OF_ENTRIES: ReadonlySet<string> = new Set([OID.reasonCode, CERTIFICATE_ISSUER, INVALIDITY_DATE]);

/** Whether an entry takes its certificate off an earlier list. */
export const isRemoval = ({ reason }: ListEntry): boolean => reason === REMOVED;

export const serialKey = (serial: Uint8Array): string => Buffer.from(serial).toString('hex');

/** Reads a list. Refuses `der-unreadable` with the place. */
export function readList(der: Uint8Array): ReadList {
  const top = new DerReader(der);
  if (der.length > MOST_LIST_BYTES) throw top.no('too long');
  const whole = top.enter(0x30);
  top.close();
  const element = whole.element(0x30);
  const algorithm = whole.whole(whole.element(0x30));
  const signature = whole.bits();
  whole.close();
  const tbs = whole.inside(element);
  if (tbs.nextTag === 0x02 && tbs.small() !== 1) throw tbs.no('version 2 expected');
  const inner = tbs.whole(tbs.element(0x30));
  if (Buffer.compare(inner, algorithm) !== 0) throw tbs.no('two different algorithms of signature');
  const issuer = tbs.whole(tbs.element(0x30));
  const thisUpdateMs = tbs.time();
  const hasEnd = tbs.nextTag === 0x17 || tbs.nextTag === 0x18;
  const nextUpdateMs = hasEnd ? tbs.time() : null;
  const revoked = tbs.optional(0x30);
  const box = tbs.optional(0xa0);
  tbs.close();
  const extensions: Extensions = box === null ? new Map() : readExtensions(tbs.inside(box));
  const { entries, strange } = readEntries(revoked === null ? null : tbs.inside(revoked), nameKey(issuer));
  return {
    ...{ tbs: whole.whole(element), algorithm, signature, issuer, thisUpdateMs, nextUpdateMs, entries },
    number: numberIn(extensions, OID.crlNumber),
    baseNumber: numberIn(extensions, OID.deltaCrlIndicator),
    scope: scopeIn(extensions),
    notUnderstood: strangeIn(extensions, OF_LISTS) ?? strange,
  };
}

function readEntries(list: DerReader | null, listIssuer: string) {
  const entries: ListEntry[] = [];
  let strange: string | null = null;
  // An entry without a name is of the one before it (§5.3.3).
  let issuer = listIssuer;
  while (list !== null && !list.isAtEnd) {
    if (entries.length === MOST_ENTRIES) throw list.no('too many entries');
    const one = list.enter(0x30);
    const serial = serialKey(one.integer(MOST_SERIAL_BYTES));
    one.time();
    const extensions: Extensions = one.isAtEnd ? new Map() : readExtensions(one);
    strange ??= strangeIn(extensions, OF_ENTRIES);
    const named = extensions.get(CERTIFICATE_ISSUER);
    if (named !== undefined) issuer = issuerIn(named.value, list);
    const reason = extensions.get(OID.reasonCode);
    entries.push({ serial, issuer, reason: reason === undefined ? 0 : reasonIn(reason.value) });
  }
  return { entries, strange };
}

/** Issuers are told by their distinguished names; another kind says nothing that could be compared. */
function issuerIn(value: Uint8Array, list: DerReader): string {
  const names = generalNames(insideOf(value)).filter(each => each.kind === 'directory');
  const [name] = names;
  if (name === undefined || names.length > 1) throw list.no('one distinguished name of an issuer expected');
  return nameKey(name.value);
}

function reasonIn(value: Uint8Array): number {
  const reader = new DerReader(value);
  const bytes = reader.contents(reader.element(0x0a));
  reader.close();
  if (bytes.length !== 1) throw reader.no('a reason that is none');
  return bytes[0] as number;
}

function strangeIn(extensions: Extensions, understood: ReadonlySet<string>): string | null {
  for (const [id, { isCritical }] of extensions) if (isCritical && !understood.has(id)) return id;
  return null;
}

function numberIn(extensions: Extensions, id: string): bigint | null {
  const extension = extensions.get(id);
  if (extension === undefined) return null;
  return BigInt(`0x${Buffer.from(new DerReader(extension.value).natural(20)).toString('hex')}`);
}

const EVERYTHING: ListScope = {
  ...{ der: null, point: null, usersOnly: false, authoritiesOnly: false, attributesOnly: false },
  ...{ reasons: null, isIndirect: false },
};

/** IssuingDistributionPoint (§5.2.5): its parts have tags of their own, in their order. */
function scopeIn(extensions: Extensions): ListScope {
  const extension = extensions.get(OID.issuingDistributionPoint);
  if (extension === undefined) return EVERYTHING;
  const inside = insideOf(extension.value);
  const point = inside.optional(0xa0);
  const truth = (tag: number): boolean => {
    const element = inside.optional(tag);
    return element !== null && inside.contents(element)[0] === 0xff;
  };
  const [usersOnly, authoritiesOnly] = [truth(0x81), truth(0x82)];
  const reasons = inside.optional(0x83);
  const [isIndirect, attributesOnly] = [truth(0x84), truth(0x85)];
  inside.close();
  return {
    der: extension.value,
    point: point === null ? null : pointName(inside.inside(point)),
    reasons: reasons === null ? null : flagsIn(inside.contents(reasons)),
    ...{ usersOnly, authoritiesOnly, attributesOnly, isIndirect },
  };
}

/** DistributionPointName (§4.2.1.13), a choice of two. */
export function pointName(reader: DerReader): DistributionPointName {
  const element = reader.element();
  reader.close();
  if (element.tag === 0xa0) return { names: generalNames(reader.inside(element)) };
  if (element.tag !== 0xa1) throw reader.no('a name of a distribution point expected');
  return { relative: tlv(TAG.set, reader.contents(element)) };
}

/** A bit string under another tag. */
export function flagsIn(contents: Uint8Array): ReadonlySet<number> {
  return new DerReader(tlv(TAG.bitString, contents)).namedBits();
}

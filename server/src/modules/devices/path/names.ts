import { type DerReader, type Element, insideOf } from '../../../kernel/der/read.ts';

/** A name of the kinds that RFC 5280 §4.2.1.6 lists: the tag it has there, and its octets. */
export interface GeneralName {
  readonly kind: 'email' | 'dns' | 'directory' | 'uri' | 'ip' | 'other';
  readonly tag: number;
  readonly value: Uint8Array;
}

const KINDS: Readonly<Record<number, GeneralName['kind']>> = {
  129: 'email',
  130: 'dns',
  164: 'directory',
  134: 'uri',
  135: 'ip',
};

/** Names one list may have. */
const MOST_NAMES = 256;
const MOST_ATTRIBUTES = 64;

export function generalName(reader: DerReader, element: Element): GeneralName {
  const kind = KINDS[element.tag] ?? 'other';
  const value = reader.contents(element);
  return { kind, tag: element.tag, value };
}

/** The names that lie one after the other up to the reader's end. */
export function generalNames(reader: DerReader): GeneralName[] {
  const found: GeneralName[] = [];
  while (!reader.isAtEnd) {
    if (found.length === MOST_NAMES) throw reader.no('too many names');
    found.push(generalName(reader, reader.element()));
  }
  return found;
}

/**
 * The parts of a distinguished name in a form in which two are equal when RFC 5280 §7.1 calls them so: texts without
 * regard to their encoding, to upper and lower case and to blanks around and between words; everything else by its octets.
 */
export function partsOf(name: Uint8Array): string[] {
  const inside = insideOf(name);
  const parts: string[] = [];
  let count = 0;
  while (!inside.isAtEnd) {
    const set = inside.enter(0x31);
    const pairs: string[] = [];
    while (!set.isAtEnd) {
      count += 1;
      if (count > MOST_ATTRIBUTES) throw set.no('a name of too many parts');
      const pair = set.enter(0x30);
      const attribute = pair.oid();
      const value = pair.element();
      pair.close();
      pairs.push(`${attribute}=${comparable(value.tag, pair.contents(value))}`);
    }
    parts.push(JSON.stringify(pairs.sort()));
  }
  return parts;
}

/** A name in one string; equal for names that are equal. */
export function nameKey(name: Uint8Array): string {
  return partsOf(name).join('/');
}

const EMAIL_ATTRIBUTE = '1.2.840.113549.1.9.1';

/** Mail addresses that stand in a distinguished name, where older certificates put them (§4.2.1.10). */
export function emailsIn(name: Uint8Array): string[] {
  const inside = insideOf(name);
  const found: string[] = [];
  while (!inside.isAtEnd) {
    const set = inside.enter(0x31);
    while (!set.isAtEnd) {
      const pair = set.enter(0x30);
      const attribute = pair.oid();
      const value = pair.element();
      if (attribute === EMAIL_ATTRIBUTE) found.push(Buffer.from(pair.contents(value)).toString('latin1'));
    }
  }
  return found;
}

/** UTF8String; NumericString, PrintableString, TeletexString and IA5String; BMPString. Whatever else is compared by its octets. */
function comparable(tag: number, bytes: Uint8Array): string {
  const text = textOf(tag, Buffer.from(bytes));
  if (text === null) return `#${tag}:${Buffer.from(bytes).toString('hex')}`;
  // The mark keeps a text from being written like octets.
  const plain = text.normalize('NFKC').toLowerCase().trim().replace(/\s+/gu, ' ');
  return `'${plain}`;
}

function textOf(tag: number, bytes: Buffer): string | null {
  if (tag === 0x0c) return bytes.toString('utf8');
  if (tag === 0x12 || tag === 0x13 || tag === 0x14 || tag === 0x16) return bytes.toString('latin1');
  if (tag === 0x1e && bytes.length % 2 === 0) return Buffer.from(bytes).swap16().toString('utf16le');
  return null;
}

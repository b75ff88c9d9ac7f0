import { oid, printable, seq, setOf, utf8 } from '../../../kernel/der/encode.ts';
import type { DerReader } from '../../../kernel/der/read.ts';

export const ATTRIBUTE = {
  country: '2.5.4.6',
  organization: '2.5.4.10',
  unit: '2.5.4.11',
  commonName: '2.5.4.3',
  serialNumber: '2.5.4.5',
} as const;

/** Attributes of a distinguished name, one for each relative name, in their order. */
export type NameParts = readonly (readonly [attribute: keyof typeof ATTRIBUTE, value: string])[];

/** Country and serial number are printable strings, the others UTF-8 (RFC 5280 §4.1.2.4, appendix A.1). */
const PRINTABLE = new Set<keyof typeof ATTRIBUTE>(['country', 'serialNumber']);

export function nameOf(parts: NameParts): Buffer {
  return seq(
    ...parts.map(([attribute, value]) =>
      setOf(seq(oid(ATTRIBUTE[attribute]), PRINTABLE.has(attribute) ? printable(value) : utf8(value))),
    ),
  );
}

/** Attributes one name may have here. */
const MOST_ATTRIBUTES = 32;
const TEXT_TAGS: ReadonlySet<number> = new Set([0x0c, 0x13, 0x16, 0x14]);

/** Reads a name: its bytes as they are, and the values of its attributes that are texts, by object identifier. */
export function readName(reader: DerReader): {
  readonly der: Uint8Array;
  readonly values: ReadonlyMap<string, readonly string[]>;
} {
  const element = reader.element(0x30);
  const inside = reader.inside(element);
  const values = new Map<string, string[]>();
  let count = 0;
  while (!inside.isAtEnd) {
    const set = inside.enter(0x31);
    if (set.isAtEnd) throw set.no('a part of a name without an attribute');
    while (!set.isAtEnd) {
      count += 1;
      if (count > MOST_ATTRIBUTES) throw set.no('a name of too many parts');
      const pair = set.enter(0x30);
      const attribute = pair.oid();
      const value = pair.element();
      pair.close();
      if (!TEXT_TAGS.has(value.tag)) continue;
      const text = Buffer.from(pair.contents(value)).toString(value.tag === 0x0c ? 'utf8' : 'latin1');
      values.set(attribute, [...(values.get(attribute) ?? []), text]);
    }
  }
  return { der: reader.whole(element), values };
}

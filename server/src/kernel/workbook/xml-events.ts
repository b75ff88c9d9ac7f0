import { StringDecoder } from 'node:string_decoder';
import { unreadable } from './fault.ts';

export type XmlEvent =
  | { readonly open: string; readonly attributes: string }
  | { readonly close: string }
  | { readonly text: string };

/** Bound of one tag or of one piece of text between tags. */
const MOST_TOKEN = 1 << 20;

/**
 * Tags and texts of an XML 1.0 document in UTF-8 as it comes. Names lose their namespace's prefix; an empty element
 * opens and closes. A document type is refused, and with it every entity but the five that XML has itself: there is
 * nothing to expand and nothing to fetch. Well-formedness is not checked: whoever reads looks for what it knows.
 */
export async function* xmlEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<XmlEvent> {
  const decoder = new StringDecoder('utf8');
  let held = '';
  for await (const piece of bytes) {
    held += decoder.write(Buffer.from(piece));
    const { events, rest } = cut(held);
    yield* events;
    held = rest;
    if (held.length > MOST_TOKEN) throw unreadable('a tag or text of it is too long');
  }
  if (held.trim() !== '') throw unreadable('a part of it is cut off');
}

function cut(text: string): { readonly events: XmlEvent[]; readonly rest: string } {
  const events: XmlEvent[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf('<', at);
    if (open < 0) return { events, rest: text.slice(at) };
    const end = endOfTag(text, open);
    if (end < 0) return { events, rest: text.slice(at) };
    if (open > at) events.push({ text: plain(text.slice(at, open)) });
    take(events, text.slice(open + 1, end));
    at = end + 1;
  }
}

/** Place of the `>` that ends the tag at `open`; -1 when it has not come yet. */
function endOfTag(text: string, open: number): number {
  if (text.startsWith('<!--', open)) return after(text.indexOf('-->', open + 4), 2);
  if (text.startsWith('<![CDATA[', open)) return after(text.indexOf(']]>', open + 9), 2);
  let quote = '';
  for (let at = open + 1; at < text.length; at += 1) {
    const character = text[at] as string;
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '>') return at;
  }
  return -1;
}

const after = (found: number, more: number): number => (found < 0 ? -1 : found + more);

function take(events: XmlEvent[], tag: string): void {
  if (tag.startsWith('![CDATA[')) events.push({ text: tag.slice(8, -2) });
  else if (tag.startsWith('!--') || tag.startsWith('?')) return;
  else if (tag.startsWith('!')) throw unreadable('it has a document type');
  else if (tag.startsWith('/')) events.push({ close: local(tag.slice(1).trim()) });
  else {
    const isEmpty = tag.endsWith('/');
    const inner = isEmpty ? tag.slice(0, -1) : tag;
    const space = inner.search(/\s/);
    const name = local(space < 0 ? inner : inner.slice(0, space));
    events.push({ open: name, attributes: space < 0 ? '' : inner.slice(space) });
    if (isEmpty) events.push({ close: name });
  }
}

const local = (name: string): string => name.slice(name.indexOf(':') + 1);

/** The value of an attribute by its whole name, or undefined. */
export function attributeOf(attributes: string, name: string): string | undefined {
  const found = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(attributes);
  const value = found?.[1] ?? found?.[2];
  return value === undefined ? undefined : plain(value);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function plain(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));/g,
    (whole, dec, hex, name) => {
      if (name !== undefined) return ENTITIES[String(name)] ?? whole;
      const code = dec === undefined ? Number.parseInt(String(hex), 16) : Number(dec);
      const isCharacter = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
      return isCharacter ? String.fromCodePoint(code) : '\ufffd';
    },
  );
}

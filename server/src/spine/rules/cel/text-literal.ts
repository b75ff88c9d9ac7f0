import { faultAt } from './fault.ts';

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '?': '?',
  '"': '"',
  "'": "'",
  '`': '`',
};
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, X: 2, u: 4, U: 8 };
const MEND =
  'write the character itself, or one of \\n \\t \\\\ \\" \\\' \\xHH \\uHHHH \\UHHHHHHHH \\ooo; or use a raw string r"..."';

/**
 * The text between the quotes of a string literal with its escapes resolved
 * (CEL language definition, "String and Bytes Values"). `offset` is where the text begins in the source.
 */
export function unescapeText(text: string, offset: number): string {
  if (!text.includes('\\')) return text;
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character !== '\\') {
      out += character;
      continue;
    }
    const letter = text[++i] ?? '';
    const simple = Object.hasOwn(SIMPLE, letter) ? SIMPLE[letter] : undefined;
    if (simple !== undefined) {
      out += simple;
      continue;
    }
    const hexLength = Object.hasOwn(HEX_DIGITS, letter) ? HEX_DIGITS[letter]! : 0;
    const digits = hexLength > 0 ? text.slice(i + 1, i + 1 + hexLength) : text.slice(i, i + 3);
    const isWhole =
      hexLength > 0
        ? digits.length === hexLength && /^[0-9a-fA-F]+$/.test(digits)
        : /^[0-3][0-7]{2}$/.test(digits);
    if (!isWhole) throw faultAt(offset + i - 1, `"\\${letter}" does not begin an escape`, MEND);
    out += character21(Number.parseInt(digits, hexLength > 0 ? 16 : 8), offset + i - 1);
    i += hexLength > 0 ? hexLength : 2;
  }
  return out;
}

function character21(codePoint: number, at: number): string {
  const isSurrogate = codePoint >= 0xd800 && codePoint <= 0xdfff;
  if (codePoint > 0x10ffff || isSurrogate) {
    throw faultAt(
      at,
      'the escape names no Unicode character',
      'use a code point up to 10FFFF that is not a surrogate',
    );
  }
  return String.fromCodePoint(codePoint);
}

import { declineAt, faultAt } from './fault.ts';
import type { Literal } from './syntax.ts';
import { unescapeText } from './text-literal.ts';

export type Token = { readonly at: number } & (
  | { readonly kind: 'literal'; readonly literal: Literal }
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'mark'; readonly text: string }
  | { readonly kind: 'end' }
);

const SPACE = /(?:[ \t\n\f\r]|\/\/[^\n]*)+/y;
const NAME = /[_a-zA-Z][_a-zA-Z0-9]*/y;
const QUOTE = /(?:[rR]?[bB]|[bB][rR]|[rR])?(?:"""|'''|"|')/y;
const DOUBLE = /(?:[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)/y;
const WHOLE = /(0x[0-9a-fA-F]+|[0-9]+)([uU]?)/y;
const MARK = /==|!=|<=|>=|&&|\|\||[<>!?:.,()[\]{}+\-*/%]/y;

/** Cuts a CEL expression into tokens (CEL language definition, "Syntax"); the last one is always `end`. */
export function tokens(source: string): readonly Token[] {
  const out: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  for (;;) {
    at += match(SPACE)?.[0].length ?? 0;
    if (at >= source.length) break;
    const token =
      text(source, at, match(QUOTE)) ?? name(at, match(NAME)) ?? number(at, match) ?? mark(at, match(MARK));
    if (token === undefined) throw strayCharacter(source, at);
    out.push(token.token);
    at = token.end;
  }
  out.push({ kind: 'end', at: source.length });
  return out;
}

interface Cut {
  readonly token: Token;
  readonly end: number;
}

function text(source: string, at: number, opening: RegExpExecArray | null): Cut | undefined {
  if (opening === null) return undefined;
  const prefix = opening[0].replace(/["']+$/, '').toLowerCase();
  if (prefix.includes('b'))
    throw declineAt(at, 'bytes', 'bytes literals are not supported', 'compare strings instead');
  const quote = opening[0].slice(prefix.length);
  const begin = at + opening[0].length;
  const end = closingQuote(source, begin, quote, prefix.includes('r'));
  if (end < 0) throw faultAt(at, 'the string is not closed', `close it with ${quote}`);
  const inner = source.slice(begin, end);
  const value = prefix.includes('r') ? inner : unescapeText(inner, begin);
  return { token: { kind: 'literal', at, literal: { type: 'string', value } }, end: end + quote.length };
}

/** Where the closing quote stands, or -1; a string in single quotes does not reach over a line. */
function closingQuote(source: string, begin: number, quote: string, isRaw: boolean): number {
  for (let i = begin; i < source.length; i++) {
    if (source.startsWith(quote, i)) return i;
    const character = source[i];
    if (quote.length === 1 && (character === '\n' || character === '\r')) return -1;
    if (character === '\\' && !isRaw) i++;
  }
  return -1;
}

function name(at: number, found: RegExpExecArray | null): Cut | undefined {
  if (found === null) return undefined;
  const word = found[0];
  const end = at + word.length;
  if (word === 'true' || word === 'false') {
    return { token: { kind: 'literal', at, literal: { type: 'bool', value: word === 'true' } }, end };
  }
  if (word === 'null') return { token: { kind: 'literal', at, literal: { type: 'null', value: null } }, end };
  return { token: word === 'in' ? { kind: 'mark', at, text: word } : { kind: 'name', at, text: word }, end };
}

function number(at: number, match: (pattern: RegExp) => RegExpExecArray | null): Cut | undefined {
  const double = match(DOUBLE);
  if (double !== null) {
    return {
      token: { kind: 'literal', at, literal: { type: 'double', value: Number(double[0]) } },
      end: at + double[0].length,
    };
  }
  const whole = match(WHOLE);
  if (whole === null) return undefined;
  const literal: Literal = { type: whole[2] === '' ? 'int' : 'uint', value: BigInt(whole[1]!) };
  return { token: { kind: 'literal', at, literal }, end: at + whole[0].length };
}

function mark(at: number, found: RegExpExecArray | null): Cut | undefined {
  return found === null
    ? undefined
    : { token: { kind: 'mark', at, text: found[0] }, end: at + found[0].length };
}

function strayCharacter(source: string, at: number) {
  const character = String.fromCodePoint(source.codePointAt(at)!);
  if (character === '`') {
    return declineAt(
      at,
      'quoted-fields',
      'field names in backticks are not supported',
      'name the field with letters, digits and _',
    );
  }
  const mends: Record<string, string> = {
    '=': 'compare with ==',
    '&': 'write &&',
    '|': 'write ||',
    ';': 'join conditions with &&',
  };
  const mend = Object.hasOwn(mends, character) ? mends[character]! : 'remove it, or put text in quotes';
  return faultAt(at, `unexpected character ${JSON.stringify(character)}`, mend);
}

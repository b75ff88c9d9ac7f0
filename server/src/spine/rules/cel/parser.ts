import { declineAt, faultAt } from './fault.ts';
import { type Token, tokens } from './lexer.ts';
import type { Literal, RelationOperator, Syntax } from './syntax.ts';

/** Bounds that keep compiling and evaluating small whatever text is given. */
export const MAX_SOURCE_LENGTH = 16_384;
export const MAX_DEPTH = 200;

const RESERVED = new Set(
  'as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);
const RELATIONS = new Set(['<', '<=', '>', '>=', '==', '!=', 'in']);
const INT_MAX = 2n ** 63n - 1n;
const UINT_MAX = 2n ** 64n - 1n;

/** Reads an expression by the grammar of the CEL language definition ("Syntax"). Raises a fault with its place. */
export function parse(source: string): Syntax {
  if (source.length > MAX_SOURCE_LENGTH) {
    throw faultAt(
      MAX_SOURCE_LENGTH,
      `the expression is longer than ${MAX_SOURCE_LENGTH} characters`,
      'split it into several rules',
    );
  }
  return new Parser(tokens(source)).whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(list: readonly Token[]) {
    this.#tokens = list;
  }

  whole(): Syntax {
    const expression = this.#expression();
    if (this.#peek().kind !== 'end')
      throw this.#unexpected('end the expression here, or join the parts with && or ||');
    return expression;
  }

  #expression(): Syntax {
    this.#enter();
    const when = this.#or();
    const at = this.#peek().at;
    let result = when;
    if (this.#take('?')) {
      const then = this.#or();
      this.#expect(':', 'a choice is written condition ? a : b');
      result = { kind: 'choose', at, when, then, otherwise: this.#expression() };
    }
    this.#depth--;
    return result;
  }

  #or(): Syntax {
    const parts = [this.#and()];
    const at = this.#peek().at;
    while (this.#take('||')) parts.push(this.#and());
    return parts.length === 1 ? parts[0]! : { kind: 'or', at, parts };
  }

  #and(): Syntax {
    const parts = [this.#relation()];
    const at = this.#peek().at;
    while (this.#take('&&')) parts.push(this.#relation());
    return parts.length === 1 ? parts[0]! : { kind: 'and', at, parts };
  }

  #relation(): Syntax {
    let left = this.#sum();
    let rungs = 0;
    for (;;) {
      const token = this.#peek();
      if (token.kind !== 'mark' || !RELATIONS.has(token.text)) break;
      this.#climb(++rungs);
      this.#next++;
      left = {
        kind: 'binary',
        at: token.at,
        operator: token.text as RelationOperator,
        left,
        right: this.#sum(),
      };
    }
    return left;
  }

  #sum(): Syntax {
    let left = this.#product();
    for (let rungs = 1; ; rungs++) {
      const at = this.#peek().at;
      const operator = this.#take('+') ? '+' : this.#take('-') ? '-' : null;
      if (operator === null) return left;
      this.#climb(rungs);
      left = { kind: 'binary', at, operator, left, right: this.#product() };
    }
  }

  #product(): Syntax {
    let left = this.#unary();
    for (let rungs = 1; ; rungs++) {
      const at = this.#peek().at;
      const operator = this.#take('*') ? '*' : this.#take('/') ? '/' : this.#take('%') ? '%' : null;
      if (operator === null) return left;
      this.#climb(rungs);
      left = { kind: 'binary', at, operator, left, right: this.#unary() };
    }
  }

  /** `!!x`, `--x`; a minus before a number belongs to the number, so the smallest int can be written. */
  #unary(): Syntax {
    const at = this.#peek().at;
    if (this.#take('!')) return this.#prefixed('not', at, '!');
    if (!this.#take('-')) return this.#member();
    const token = this.#peek();
    if (token.kind === 'literal' && (token.literal.type === 'int' || token.literal.type === 'double')) {
      this.#next++;
      return this.#memberOf(inRange(at, negative(token.literal)));
    }
    return this.#prefixed('negate', at, '-');
  }

  #prefixed(kind: 'not' | 'negate', at: number, mark: string): Syntax {
    const marks = [at];
    for (let next = this.#peek().at; this.#take(mark); next = this.#peek().at) this.#climb(marks.push(next));
    let of = this.#member();
    for (const place of marks.reverse()) of = { kind, at: place, of };
    return of;
  }

  #member(): Syntax {
    return this.#memberOf(this.#primary());
  }

  #memberOf(primary: Syntax): Syntax {
    let of = primary;
    for (let rungs = 1; ; rungs++) {
      const at = this.#peek().at;
      if (this.#take('.')) {
        this.#climb(rungs);
        const field = this.#selector();
        of = this.#take('(')
          ? { kind: 'call', at: field.at, name: field.text, target: of, args: this.#items(')') }
          : { kind: 'select', at: field.at, of, field: field.text };
        if (this.#isMark('{')) throw message(of.at);
      } else if (this.#take('[')) {
        this.#climb(rungs);
        this.#declineOptional();
        const index = this.#expression();
        this.#expect(']', 'close the index with ]');
        of = { kind: 'index', at, of, index };
      } else return of;
    }
  }

  #selector(): { at: number; text: string } {
    this.#declineOptional();
    const token = this.#peek();
    if (token.kind !== 'name')
      throw this.#unexpected('a dot is followed by the name of a field or a function');
    this.#next++;
    return token;
  }

  #primary(): Syntax {
    const token = this.#peek();
    if (token.kind === 'literal') {
      this.#next++;
      return inRange(token.at, token.literal);
    }
    if (token.kind === 'name') return this.#name(token.at, false);
    if (this.#take('.')) {
      if (this.#peek().kind !== 'name') throw this.#unexpected('a dot is followed by a name');
      return this.#name(token.at, true);
    }
    if (this.#take('(')) {
      const inner = this.#expression();
      this.#expect(')', 'close the bracket with )');
      return inner;
    }
    if (this.#take('[')) return { kind: 'list', at: token.at, items: this.#items(']') };
    if (this.#isMark('{')) {
      throw declineAt(
        token.at,
        'maps',
        'map literals are not supported',
        'use "in" with a list, or compare the fields one by one',
      );
    }
    throw this.#unexpected('a value, a field or a bracket is needed here');
  }

  #name(at: number, isRooted: boolean): Syntax {
    const token = this.#peek();
    if (token.kind !== 'name') throw this.#unexpected('a name is needed here');
    if (RESERVED.has(token.text))
      throw faultAt(token.at, `"${token.text}" is a reserved word`, 'use another name');
    this.#next++;
    if (this.#take('('))
      return { kind: 'call', at: token.at, name: token.text, target: null, args: this.#items(')') };
    if (this.#isMark('{')) throw message(token.at);
    return { kind: 'name', at, name: token.text, isRooted };
  }

  /** Arguments or list items up to the closing mark; a list may end in a comma. */
  #items(closing: ')' | ']'): readonly Syntax[] {
    const items: Syntax[] = [];
    while (!this.#take(closing)) {
      if (closing === ']') this.#declineOptional();
      items.push(this.#expression());
      if (this.#take(closing)) break;
      this.#expect(',', `separate with , or close with ${closing}`);
      if (closing === ')' && this.#isMark(')')) throw this.#unexpected('remove the last comma');
    }
    return items;
  }

  #declineOptional(): void {
    const { at } = this.#peek();
    if (this.#isMark('?'))
      throw declineAt(at, 'optionals', 'optional values are not supported', 'ask with has(x.f) first');
  }

  #enter(): void {
    this.#climb(++this.#depth);
  }

  #climb(depth: number): void {
    if (depth > MAX_DEPTH) {
      throw declineAt(
        this.#peek().at,
        'deep-nesting',
        `nested deeper than ${MAX_DEPTH}`,
        'split the expression into several rules',
      );
    }
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  #isMark(text: string): boolean {
    const token = this.#peek();
    return token.kind === 'mark' && token.text === text;
  }

  #take(text: string): boolean {
    if (!this.#isMark(text)) return false;
    this.#next++;
    return true;
  }

  #expect(text: string, mend: string): void {
    if (!this.#take(text)) throw this.#unexpected(mend);
  }

  #unexpected(mend: string) {
    const token = this.#peek();
    const what = token.kind === 'end' ? 'the expression ends too early' : `unexpected ${described(token)}`;
    return faultAt(token.at, what, mend);
  }
}

function message(at: number) {
  return declineAt(at, 'messages', 'message literals are not supported', 'compare the fields one by one');
}

function described(token: Token): string {
  if (token.kind === 'literal')
    return token.literal.type === 'string' ? 'string' : `"${String(token.literal.value)}"`;
  return token.kind === 'end' ? 'end' : `"${token.text}"`;
}

function negative(literal: Extract<Literal, { type: 'int' | 'uint' | 'double' }>): Literal {
  return literal.type === 'double'
    ? { type: 'double', value: -literal.value }
    : { type: 'int', value: -literal.value };
}

/** Whole numbers outside 64 bits are refused where they stand; a positive one may be one less than its negative. */
function inRange(at: number, literal: Literal): Syntax {
  const isTooLarge =
    (literal.type === 'int' && (literal.value > INT_MAX || literal.value < -INT_MAX - 1n)) ||
    (literal.type === 'uint' && literal.value > UINT_MAX);
  if (literal.type === 'double' && !Number.isFinite(literal.value)) {
    throw faultAt(at, 'the number is too large for a double', 'write a smaller number');
  }
  if (isTooLarge)
    throw faultAt(
      at,
      `${String(literal.value)} does not fit in 64 bits`,
      'write a smaller number, or a double such as 1e20',
    );
  return { kind: 'literal', at, literal };
}

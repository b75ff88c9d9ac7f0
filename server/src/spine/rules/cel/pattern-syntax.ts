/** A regular expression as read: RE2's syntax without captures, flags, word boundaries and Unicode classes. */
export type PatternNode =
  | { readonly kind: 'character'; readonly accepts: (codePoint: number) => boolean }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'either'; readonly branches: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly of: PatternNode; readonly min: number; readonly max: number };

type Accepts = (codePoint: number) => boolean;

/** RE2 refuses a count above 1000. */
const MAX_COUNT = 1_000;
const MAX_NESTING = 50;
const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

const isDigit: Accepts = c => c >= 48 && c <= 57;
const isWord: Accepts = c => isDigit(c) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95;
const isSpace: Accepts = c => c === 9 || c === 10 || c === 12 || c === 13 || c === 32;
const not =
  (accepts: Accepts): Accepts =>
  c =>
    !accepts(c);
const CLASSES: Readonly<Record<string, Accepts>> = {
  d: isDigit,
  D: not(isDigit),
  w: isWord,
  W: not(isWord),
  s: isSpace,
  S: not(isSpace),
};

/** The parsed pattern, or why it is declined. */
export function readPattern(pattern: string): { readonly node: PatternNode } | { readonly declined: string } {
  const reader = new PatternReader([...pattern]);
  const node = reader.either(0);
  if (reader.declined === null && !reader.isAtEnd())
    reader.decline('a bracket is closed that was not opened');
  return reader.declined === null ? { node } : { declined: reader.declined };
}

/** Once `declined` is set the reader stands at the end, so every loop over the pattern stops. */
class PatternReader {
  declined: string | null = null;
  readonly #characters: readonly string[];
  #at = 0;

  constructor(characters: readonly string[]) {
    this.#characters = characters;
  }

  isAtEnd(): boolean {
    return this.#at >= this.#characters.length;
  }

  decline(reason: string): void {
    this.declined ??= reason;
    this.#at = this.#characters.length;
  }

  either(nesting: number): PatternNode {
    if (nesting > MAX_NESTING) this.decline('brackets are nested too deeply');
    const branches = [this.#sequence(nesting)];
    while (this.#take('|')) branches.push(this.#sequence(nesting));
    return branches.length === 1 ? branches[0]! : { kind: 'either', branches };
  }

  #sequence(nesting: number): PatternNode {
    const parts: PatternNode[] = [];
    while (!this.isAtEnd() && !this.#is('|') && !this.#is(')'))
      parts.push(this.#repeated(this.#atom(nesting)));
    return { kind: 'sequence', parts };
  }

  #repeated(of: PatternNode): PatternNode {
    const count = this.#count();
    if (count === null) return of;
    // Whether a repetition is greedy cannot change whether there is a match.
    this.#take('?');
    if (this.#is('*') || this.#is('+') || this.#is('?')) this.decline('a repetition is repeated');
    return { kind: 'repeat', of, min: count[0], max: count[1] };
  }

  #count(): readonly [number, number] | null {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#take('?')) return [0, 1];
    if (!this.#is('{')) return null;
    const written = /^\{(\d{1,4})(,?)(\d{0,4})\}/.exec(
      this.#characters.slice(this.#at, this.#at + 12).join(''),
    );
    if (written === null) return null;
    this.#at += written[0].length;
    const min = Number(written[1]);
    const open = written[3] === '' ? Number.POSITIVE_INFINITY : Number(written[3]);
    const max = written[2] === '' ? min : open;
    const isSane = min <= MAX_COUNT && max >= min && (max <= MAX_COUNT || max === Number.POSITIVE_INFINITY);
    if (!isSane || (written[2] === '' && written[3] !== ''))
      this.decline('a repetition count is out of order or above 1000');
    return [min, max];
  }

  #atom(nesting: number): PatternNode {
    const character = this.#next();
    if (character === '^') return { kind: 'start' };
    if (character === '$') return { kind: 'end' };
    if (character === '.') return { kind: 'character', accepts: c => c !== 10 };
    if (character === '[') return { kind: 'character', accepts: this.#set() };
    if (character === '(') return this.#group(nesting);
    if (character === '*' || character === '+' || character === '?')
      this.decline('a repetition has nothing to repeat');
    if (character === '\\') return this.#escaped();
    return exactly(character.codePointAt(0) ?? 0);
  }

  #group(nesting: number): PatternNode {
    if (this.#take('?') && !this.#take(':')) this.decline('groups with flags or names are not supported');
    const inner = this.either(nesting + 1);
    if (this.declined === null && !this.#take(')')) this.decline('a bracket is not closed');
    return inner;
  }

  #escaped(): PatternNode {
    const letter = this.#next();
    if (letter === 'A') return { kind: 'start' };
    if (letter === 'z') return { kind: 'end' };
    return { kind: 'character', accepts: this.#escape(letter) };
  }

  #escape(letter: string): Accepts {
    if (Object.hasOwn(CLASSES, letter)) return CLASSES[letter]!;
    const codePoint = this.#escapedCodePoint(letter);
    return c => c === codePoint;
  }

  #escapedCodePoint(letter: string): number {
    if (Object.hasOwn(CONTROLS, letter)) return CONTROLS[letter]!;
    if (letter === 'x') {
      const digits = this.#next() + this.#next();
      if (!/^[0-9a-fA-F]{2}$/.test(digits)) this.decline('\\x needs two hexadecimal digits');
      return Number.parseInt(digits, 16);
    }
    if (letter === '' || /[a-zA-Z0-9]/.test(letter)) this.decline(`\\${letter} is not supported`);
    return letter.codePointAt(0) ?? 0;
  }

  #set(): Accepts {
    const isNegated = this.#take('^');
    const members: Accepts[] = [];
    for (let isFirst = true; isFirst || !this.#is(']'); isFirst = false) {
      if (this.isAtEnd()) {
        this.decline('a set is not closed with ]');
        break;
      }
      members.push(this.#member());
    }
    this.#take(']');
    const isMember: Accepts = c => members.some(accepts => accepts(c));
    return isNegated ? not(isMember) : isMember;
  }

  #member(): Accepts {
    const character = this.#next();
    if (character === '[' && this.#is(':')) this.decline('named character sets are not supported');
    if (character === '\\') {
      const letter = this.#next();
      if (Object.hasOwn(CLASSES, letter)) return CLASSES[letter]!;
      return this.#range(this.#escapedCodePoint(letter));
    }
    return this.#range(character.codePointAt(0) ?? 0);
  }

  #range(from: number): Accepts {
    const isRange =
      this.#is('-') && this.#characters[this.#at + 1] !== ']' && this.#characters[this.#at + 1] !== undefined;
    if (!isRange) return c => c === from;
    this.#next();
    const last = this.#next();
    const to = last === '\\' ? this.#escapedCodePoint(this.#next()) : (last.codePointAt(0) ?? 0);
    if (to < from) this.decline('a range in a set runs backwards');
    return c => c >= from && c <= to;
  }

  #is(character: string): boolean {
    return this.#characters[this.#at] === character;
  }

  #take(character: string): boolean {
    if (!this.#is(character)) return false;
    this.#at++;
    return true;
  }

  #next(): string {
    return this.#characters[this.#at++] ?? '';
  }
}

function exactly(codePoint: number): PatternNode {
  return { kind: 'character', accepts: c => c === codePoint };
}

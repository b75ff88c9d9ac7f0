import type { CelScope } from '../index.ts';

/** The fields generated predicates speak of; every one is absent in some records. */
export const GENERATED_SCOPE: CelScope = {
  variables: {
    observation: { bytes: 'int', seconds: 'int', service: 'string', imei: 'string', roaming: 'bool' },
    bound: { cap: 'int', imei: 'string', countries: 'string-list', test: 'bool' },
  },
};

export type GeneratedRecord = Readonly<
  Record<string, Readonly<Record<string, string | number | boolean | readonly string[]>>>
>;

/** A seeded source of small whole numbers: `next(n)` is 0 … n-1. */
export type Random = (below: number) => number;

/** xorshift32; the same seed gives the same predicates and records for ever. */
export function seeded(seed: number): Random {
  let state = seed | 1;
  return below => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const SMALLEST_INT = '-9223372036854775808';
const INTS = [
  '0',
  '1',
  '-1',
  '2',
  '7',
  '100',
  '1000',
  '9007199254740991',
  '9007199254740992',
  '9223372036854775807',
];
const TEXTS = ['""', '"data"', '"sms"', '"DE"', '"35"', '"a\\u00e9"', '"x\\U0001F600"', "r'a\\d'", '"123"'];
const PATTERNS = ['"^3"', '"[0-9]+$"', '"a|s"', '"^(da|s)..?$"', '"."', '"^$"', '"(x|\\\\d){2,3}"'];
const DOUBLES = ['0.0', '1.5', '-2.25', '1e3', '9007199254740993.0', '1e19'];
const COMPARISONS = ['<', '<=', '>', '>=', '==', '!='];

/** A type-correct predicate in CEL, at most `depth` operators deep, over the ints above and those of `moreInts`. */
export function predicate(
  random: Random,
  depth: number,
  moreInts: readonly string[] = [SMALLEST_INT],
): string {
  return new Generator(random, [...INTS, ...moreInts]).bool(depth);
}

class Generator {
  readonly #random: Random;
  readonly #ints: readonly string[];
  readonly #texts: string[] = [];

  constructor(random: Random, ints: readonly string[]) {
    this.#random = random;
    this.#ints = ints;
  }

  bool(depth: number): string {
    if (depth <= 0) return this.#pick(['true', 'false', 'observation.roaming', 'bound.test', this.#has()]);
    const next = depth - 1;
    const forms: (() => string)[] = [
      () => `(${this.bool(next)} && ${this.bool(next)})`,
      () => `(${this.bool(next)} || ${this.bool(next)})`,
      () => `(${this.bool(next)} && ${this.bool(next)} && ${this.bool(next)})`,
      () => `!(${this.bool(next)})`,
      () => `(${this.bool(next)} ? ${this.bool(next)} : ${this.bool(next)})`,
      () => `${this.#int(next)} ${this.#pick(COMPARISONS)} ${this.#int(next)}`,
      () => `${this.#int(0)} ${this.#pick(COMPARISONS)} ${this.#int(0)}`,
      () => `${this.#double(next)} ${this.#pick(COMPARISONS)} ${this.#double(next)}`,
      () => `${this.#text(next)} ${this.#pick(COMPARISONS)} ${this.#text(next)}`,
      () => `${this.#text(next)} in ${this.#list(next)}`,
      () => `${this.#text(next)}.${this.#pick(['startsWith', 'endsWith', 'contains'])}(${this.#text(0)})`,
      () => `${this.#text(next)}.matches(${this.#pick(PATTERNS)})`,
      () => `${this.#int(next)} in [${this.#int(0)}, ${this.#int(0)}]`,
      () => this.#macro(next),
      () => this.#guard(),
      () => `${this.#list(next)} == ${this.#list(next)}`,
      () => `(${this.bool(next)}) == (${this.bool(next)})`,
    ];
    return this.#one(forms);
  }

  #guard(): string {
    return this.#pick([
      'has(bound.cap) && observation.bytes > bound.cap',
      'has(observation.bytes) && observation.bytes >= 100',
      '!has(bound.imei) || observation.imei != bound.imei',
      '!has(observation.service) || observation.service in ["sms", "data"]',
    ]);
  }

  #has(): string {
    const field = this.#pick([
      'observation.bytes',
      'observation.service',
      'observation.roaming',
      'bound.countries',
      'bound.cap',
    ]);
    return `has(${field})`;
  }

  #int(depth: number): string {
    if (depth <= 0)
      return this.#pick([
        ...this.#ints,
        'observation.bytes',
        'observation.seconds',
        'bound.cap',
        'observation.bytes',
      ]);
    const next = depth - 1;
    return this.#one([
      () => `(${this.#int(next)} ${this.#pick(['+', '-', '*', '/', '%'])} ${this.#int(next)})`,
      () => `-(${this.#int(next)} + ${this.#int(0)})`,
      () => `(${this.bool(next)} ? ${this.#int(next)} : ${this.#int(next)})`,
      () => `size(${this.#text(next)})`,
      () => `${this.#list(next)}.size()`,
      () => this.#int(0),
    ]);
  }

  #double(depth: number): string {
    if (depth <= 0) return this.#pick(DOUBLES);
    return this.#one([
      () => `(${this.#double(depth - 1)} ${this.#pick(['+', '-', '*', '/'])} ${this.#double(depth - 1)})`,
      () => `double(${this.#int(depth - 1)})`,
      () => this.#double(0),
    ]);
  }

  #text(depth: number): string {
    if (depth <= 0)
      return this.#pick([...TEXTS, ...this.#texts, 'observation.service', 'observation.imei', 'bound.imei']);
    const next = depth - 1;
    return this.#one([
      () => `(${this.#text(next)} + ${this.#text(next)})`,
      () => `string(${this.#int(next)})`,
      () => `(${this.bool(next)} ? ${this.#text(next)} : ${this.#text(next)})`,
      () => `${this.#list(next)}[${this.#pick(['0', '1', '-1', '5'])}]`,
      () => this.#text(0),
    ]);
  }

  #list(depth: number): string {
    if (depth <= 0)
      return this.#pick(['bound.countries', '["DE", "FR"]', `[${this.#text(0)}, ${this.#text(0)}]`]);
    const next = depth - 1;
    return this.#one([
      () => `(${this.#list(next)} + ${this.#list(next)})`,
      () => `${this.#list(next)}.filter(${this.#bind(next, () => this.bool(next))})`,
      () => `${this.#list(next)}.map(${this.#bind(next, () => this.#text(next))})`,
      () => this.#list(0),
    ]);
  }

  #macro(depth: number): string {
    return `${this.#list(depth)}.${this.#pick(['all', 'exists', 'exists_one'])}(${this.#bind(depth, () => this.bool(depth))})`;
  }

  /** `x, body`, where the body may speak of x. */
  #bind(depth: number, body: () => string): string {
    const name = `x${depth}`;
    this.#texts.push(name, name, name);
    const written = body();
    this.#texts.length -= 3;
    return `${name}, ${written}`;
  }

  #one(forms: readonly (() => string)[]): string {
    return forms[this.#random(forms.length)]!();
  }

  #pick(from: readonly string[]): string {
    return from[this.#random(from.length)]!;
  }
}

/** A record of the generated scope; absent fields are left out. */
export function record(random: Random): GeneratedRecord {
  const pick = <T>(from: readonly T[]): T => from[random(from.length)]!;
  const int = () =>
    pick([0, 1, -1, 7, 100, 1_000, 123_456_789, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER]);
  const text = () => pick(['', 'data', 'sms', 'DE', 'FR', '35', '351', 'aé', 'x😀', 'a\\d', '123']);
  const fields = {
    observation: { bytes: int(), seconds: int(), service: text(), imei: text(), roaming: random(2) === 0 },
    bound: {
      cap: int(),
      imei: text(),
      countries: Array.from({ length: random(4) }, text),
      test: random(2) === 0,
    },
  };
  return Object.fromEntries(
    Object.entries(fields).map(([name, of]) => [
      name,
      Object.fromEntries(Object.entries(of).filter(() => random(8) > 0)),
    ]),
  );
}

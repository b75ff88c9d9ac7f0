import type { Draw } from './target.ts';

/** Pieces of text that have broken parsers elsewhere. */
export const NASTY: readonly string[] = [
  '\0',
  '\ufeff',
  '\u202e',
  '\u2066\u2069',
  '\u200b\u200d\u2060',
  `e${'\u0301'.repeat(300)}`,
  '\ud800',
  '\udfff',
  '\u2028',
  '\u0085',
  '\x1b[2J',
  '\r',
  '\r\n',
  '\n',
  '\t',
  '"',
  "'",
  '\\',
  '""',
  '`',
  '$' + '{7*7}',
  '{{7*7}}',
  '%00',
  '%s%n',
  '../../../../etc/passwd',
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  "'; DROP TABLE observation; --",
  '<script>alert(1)</script>',
  '<!--',
  ']]>',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  'NaN',
  'Infinity',
  '1e309',
  '-0',
  '9007199254740993',
  '99999999999999999999999999999999999999',
  '0x1F',
  '1_000',
  '１２３',
  '٣',
  '𝟙',
  'İ',
  'ß',
  'ﬃ',
  '🧑‍🚀',
  ';',
  ',',
  '|',
  '=',
  ':',
  '#',
  '*',
  '&a',
  '[',
  '{',
  '(',
];

/** Bytes that no sound text holds: overlong and cut-off UTF-8, other encodings, marks of binary files. */
const NASTY_BYTES: readonly Buffer[] = [
  Buffer.from([0xc0, 0x80]),
  Buffer.from([0xe0, 0x80, 0xaf]),
  Buffer.from([0xf0, 0x80, 0x80, 0xaf]),
  Buffer.from([0xf4, 0x90, 0x80, 0x80]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xc3]),
  Buffer.from([0xff, 0xfe]),
  Buffer.from([0xfe, 0xff]),
  Buffer.from([0xef, 0xbb, 0xbf]),
  Buffer.from([0x84, 0x31, 0xa4, 0x37]),
  Buffer.from([0x80]),
  Buffer.from([0xff]),
  Buffer.from('PK\x03\x04', 'latin1'),
  Buffer.from([0x1f, 0x8b, 0x08]),
  Buffer.from([0x30, 0x80]),
  Buffer.from([0x84, 0xff, 0xff, 0xff, 0xff]),
  Buffer.from([0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
  Buffer.from([0x00, 0x00]),
];

const MOST_BYTES = 1 << 17;

export const pick = <T>(draw: Draw, from: readonly T[]): T => from[draw(from.length)] as T;

/** Bytes of chance alone. */
export function noise(draw: Draw, most: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: draw(most + 1) }, () => draw(256)));
}

/** One of the samples after up to seven disturbances. */
export function disturbed(draw: Draw, samples: readonly Buffer[]): Buffer {
  if (draw(50) === 0) return noise(draw, 2_000);
  let bytes: Buffer = Buffer.from(pick(draw, samples));
  for (let times = draw(8); times > 0; times--) {
    bytes = WAYS[draw(WAYS.length)]!(draw, bytes, samples);
    if (bytes.length > MOST_BYTES) bytes = bytes.subarray(0, MOST_BYTES);
  }
  return draw(12) === 0 ? inOtherEncoding(draw, bytes) : bytes;
}

type Way = (draw: Draw, bytes: Buffer, samples: readonly Buffer[]) => Buffer;

const WAYS: readonly Way[] = [
  (draw, bytes) => changed(draw, bytes, byte => byte ^ (1 << draw(8))),
  (draw, bytes) => changed(draw, bytes, () => draw(256)),
  (draw, bytes) => changed(draw, bytes, byte => pick(draw, [0, 0xff, 0x7f, 0x80, byte + 1, byte - 1])),
  (draw, bytes) => bytes.subarray(0, draw(bytes.length + 1)),
  (draw, bytes) => bytes.subarray(draw(bytes.length + 1)),
  (draw, bytes) => cutOut(draw, bytes),
  (draw, bytes) => repeated(draw, bytes),
  (draw, bytes) => repeated(draw, bytes),
  (draw, bytes) => inserted(draw, bytes, Buffer.from(pick(draw, NASTY))),
  (draw, bytes) => inserted(draw, bytes, Buffer.from(pick(draw, NASTY))),
  (draw, bytes) => inserted(draw, bytes, pick(draw, NASTY_BYTES)),
  (draw, bytes) => inserted(draw, bytes, noise(draw, 20)),
  (draw, bytes, samples) => spliced(draw, bytes, pick(draw, samples)),
  (draw, bytes, samples) => inserted(draw, bytes, part(draw, pick(draw, samples))),
  (draw, bytes) => swapped(draw, bytes),
];

function changed(draw: Draw, bytes: Buffer, to: (byte: number) => number): Buffer {
  if (bytes.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  const at = draw(copy.length);
  copy[at] = to(copy[at] as number) & 0xff;
  return copy;
}

function span(draw: Draw, bytes: Buffer): [number, number] {
  const from = draw(bytes.length + 1);
  const length = draw(4) === 0 ? draw(bytes.length - from + 1) : draw(Math.min(40, bytes.length - from) + 1);
  return [from, from + length];
}

function part(draw: Draw, bytes: Buffer): Buffer {
  return bytes.subarray(...span(draw, bytes));
}

function cutOut(draw: Draw, bytes: Buffer): Buffer {
  const [from, to] = span(draw, bytes);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
}

function repeated(draw: Draw, bytes: Buffer): Buffer {
  const [from, to] = span(draw, bytes);
  const times = draw(20) === 0 ? 1 + draw(200) : 1 + draw(3);
  const again = Array.from({ length: times }, () => bytes.subarray(from, to));
  return Buffer.concat([bytes.subarray(0, to), ...again, bytes.subarray(to)]);
}

function inserted(draw: Draw, bytes: Buffer, piece: Buffer): Buffer {
  const at = draw(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
}

function spliced(draw: Draw, bytes: Buffer, other: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, draw(bytes.length + 1)), other.subarray(draw(other.length + 1))]);
}

function swapped(draw: Draw, bytes: Buffer): Buffer {
  const [from, to] = span(draw, bytes);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to), bytes.subarray(from, to)]);
}

function inOtherEncoding(draw: Draw, bytes: Buffer): Buffer {
  const text = bytes.toString('utf8');
  return pick(draw, [
    () => Buffer.from(text, 'utf16le'),
    () => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]),
    () => Buffer.from(text, 'utf16le').swap16(),
    () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
    () => Buffer.from(bytes.toString('latin1'), 'utf8'),
    () => Buffer.from(bytes.toString('base64'), 'latin1'),
  ])();
}

/** The same for texts: what comes may hold lone surrogates. */
export function disturbedText(draw: Draw, samples: readonly string[]): string {
  if (draw(40) === 0) return noise(draw, 200).toString('latin1');
  let text = pick(draw, samples);
  for (let times = draw(6); times > 0; times--) text = disturbedOnce(draw, text, samples);
  return text.slice(0, MOST_BYTES);
}

function disturbedOnce(draw: Draw, text: string, samples: readonly string[]): string {
  const at = draw(text.length + 1);
  const to = at + draw(Math.min(30, text.length - at) + 1);
  const put = (piece: string): string => text.slice(0, at) + piece + text.slice(at);
  switch (draw(9)) {
    case 0:
      return text.slice(0, at) + text.slice(to);
    case 1:
      return put(text.slice(at, to).repeat(1 + draw(draw(20) === 0 ? 200 : 3)));
    case 2:
      return put(String.fromCharCode(draw(draw(2) === 0 ? 256 : 65_536)));
    case 3:
      return put(pick(draw, NASTY));
    case 4: {
      const other = pick(draw, samples);
      return text.slice(0, at) + other.slice(draw(other.length + 1));
    }
    case 5:
      return text.slice(0, at) + pick(draw, NASTY) + text.slice(to);
    case 6:
      return text.slice(0, at) + String(draw(10)) + text.slice(at + 1);
    case 7:
      return text.slice(0, at);
    default:
      return draw(2) === 0 ? text.toUpperCase() : put(text.slice(at, to));
  }
}

/** A plain value of any shape: what a JSON or YAML document may hold. */
export function anyValue(draw: Draw, depth = 3): unknown {
  switch (draw(depth === 0 ? 6 : 9)) {
    case 0:
      return null;
    case 1:
      return draw(2) === 0;
    case 2:
      return pick(draw, [0, -0, 1, -1, 0.1, 1e21, 2 ** 53, -(2 ** 53) - 2, 1e308, draw(1_000_000)]);
    case 3:
    case 4:
      return pick(draw, NASTY);
    case 5:
      return pick(draw, ['', 'x'.repeat(draw(3_000)), '8944500102198304826', '2026-11-01T10:00:00Z']);
    case 6:
      return Array.from({ length: draw(5) }, () => anyValue(draw, depth - 1));
    case 7:
      return nested(draw, 1 + draw(draw(30) === 0 ? 3_000 : 40));
    default:
      return Object.fromEntries(
        Array.from({ length: draw(5) }, () => [pick(draw, NASTY), anyValue(draw, depth - 1)]),
      );
  }
}

function nested(draw: Draw, levels: number): unknown {
  let value: unknown = null;
  const isList = draw(2) === 0;
  for (let level = 0; level < levels; level++) value = isList ? [value] : { a: value };
  return value;
}

/** A sound value with some of its parts replaced, doubled, left out or added. */
export function disturbedValue(draw: Draw, value: unknown): unknown {
  if (draw(6) === 0) return anyValue(draw);
  if (Array.isArray(value)) {
    const kept = value
      .filter(() => draw(12) > 0)
      .map(each => (draw(3) === 0 ? disturbedValue(draw, each) : each));
    return draw(5) === 0 ? [...kept, ...kept, anyValue(draw)] : kept;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(() => draw(10) > 0)
      .map(([key, each]) => [
        draw(15) === 0 ? pick(draw, NASTY) : key,
        draw(3) === 0 ? disturbedValue(draw, each) : each,
      ]);
    if (draw(5) === 0) entries.push([pick(draw, NASTY), anyValue(draw)]);
    return Object.fromEntries(entries);
  }
  if (typeof value === 'string') return disturbedText(draw, [value]);
  return draw(3) === 0 ? anyValue(draw) : value;
}

import { isRefusal } from '../../../kernel/refusal.ts';
import type { ArrayRule } from './array-rule.ts';
import type { KindFields } from './columns.ts';
import type { CounterRows } from './counter-rows.ts';
import {
  beginPiece,
  type Checksum,
  type ImageFault,
  openPiece,
  type Piece,
  refuse,
  type WordsIn,
} from './image-words.ts';
import { type Kept, PLAIN } from './kept.ts';
import { fillKeys, type KeyImage, readKeys, writeKeys } from './key-image.ts';
import type { Rows } from './memory.ts';
import { checkTexts, fillRows, Numbering, type RowImage, readRows, writeRows } from './row-image.ts';
import { readTexts, tableOf, takeTexts, writeTexts } from './text-image.ts';
import type { Texts } from './texts.ts';
import type { ValueKeys } from './value-keys.ts';

/** What of a judge an image is made of. */
export interface JudgeParts {
  readonly seed: number;
  readonly texts: Texts;
  readonly subjects: Texts;
  readonly kinds: ReadonlyMap<string, KindParts>;
  readonly rules: ReadonlyMap<string, RuleParts>;
}

interface KindParts {
  readonly fields: KindFields;
  readonly counters: CounterRows;
  readonly judgedTo: Rows;
}

interface RuleParts {
  readonly array: ArrayRule;
  readonly kind: KindParts;
  readonly keys: ValueKeys | null;
  readonly judgedTo: Rows;
}

/** What came of loading an image; after a refusal the judge is as it was. */
export type Loaded =
  | {
      readonly outcome: 'loaded';
      /** The stop the image was made at, as its maker named it. */
      readonly stop: string;
      /** Rules, by id, whose state was taken over. */
      readonly warm: readonly string[];
      /** Rules, by id, of which the image holds no state for this version: empty, to be warmed. */
      readonly cold: readonly string[];
    }
  | { readonly outcome: 'refused'; readonly piece: string; readonly fault: ImageFault };

const TEXTS = 'texts';
const SUBJECTS = 'subjects';

/**
 * A judge's memory in pieces that say what they are and whether they are whole.
 *
 * Slots and texts are numbered in the order they were met, and blocks are not written, so that an image does
 * not depend on the seed of hash tables nor on what the pool has been through. Texts nothing refers to any
 * more, and subjects `keep` does not want, are left out.
 *
 * 100,000 busy cards under the ten rules that ship for cards, with one and a half devices each: 668 bytes a
 * card, of which 199 are the devices' own, where memory holds 1,153; 210 after zstd at its lowest level, which
 * is the caller's. Making one takes a second of CPU and loading it 0.9, half of either is SHA-256.
 */
export function* imageOf(
  parts: JudgeParts,
  stop: string,
  checksum: Checksum,
  keep: (subject: string) => boolean,
): Generator<Piece> {
  const slots = keptSlots(parts.subjects, keep);
  const subjects = beginPiece(SUBJECTS, stop);
  writeTexts(subjects, parts.subjects, slots);
  yield subjects.seal(SUBJECTS, checksum);
  for (const [id, kind] of parts.kinds) {
    const name = kindName(id);
    const out = beginPiece(name, stop);
    out.putText(countersShape(kind));
    writeRows(out, judgedToOf(kind.judgedTo), slots, new Numbering(0));
    const { kept, series } = kind.counters;
    const numbering = new Numbering(series.size);
    writeRows(out, kept, slots, numbering);
    writeTexts(out, series, numbering.met);
    yield out.seal(name, checksum);
  }
  const numbering = new Numbering(parts.texts.size);
  for (const rule of parts.rules.values()) {
    const name = ruleName(rule);
    const out = beginPiece(name, stop);
    out.putText(ruleShape(rule));
    const own = rule.keys === null ? slots : everySlot(rule.keys);
    if (rule.keys !== null) {
      writeKeys(out, rule.keys, numbering);
      writeRows(out, judgedToOf(rule.judgedTo), own, new Numbering(0));
    }
    writeRows(out, rule.array.kept, own, numbering);
    yield out.seal(name, checksum);
  }
  const texts = beginPiece(TEXTS, stop);
  writeTexts(texts, parts.texts, numbering.met);
  yield texts.seal(TEXTS, checksum);
}

/**
 * Takes an image over into a judge that has met no subject yet. Every piece that is wanted is read and checked
 * to the end before the first state is put in place; one piece that is not sound refuses all of them. Pieces
 * of rules that are not armed, or armed in another version, are not opened.
 */
export function loadInto(parts: JudgeParts, pieces: Iterable<Piece>, checksum: Checksum): Loaded {
  try {
    if (parts.subjects.size > 0) refuse(SUBJECTS, 'not-empty');
    return load(parts, new OpenPieces(parts, pieces, checksum));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { outcome: 'refused', piece: error.subject ?? '', fault: error.code as ImageFault };
  }
}

/** The pieces that are wanted, their headings sound and all of one stop. */
class OpenPieces {
  readonly stop: string;
  readonly #readers = new Map<string, WordsIn>();

  constructor(parts: JudgeParts, pieces: Iterable<Piece>, checksum: Checksum) {
    const wanted = new Set([TEXTS, SUBJECTS]);
    for (const kind of parts.kinds.keys()) wanted.add(kindName(kind));
    for (const rule of parts.rules.values()) wanted.add(ruleName(rule));
    let stop: string | null = null;
    for (const piece of pieces) {
      if (!wanted.has(piece.name)) continue;
      if (this.#readers.has(piece.name)) refuse(piece.name, 'twice');
      const opened = openPiece(piece, checksum);
      stop ??= opened.stop;
      if (opened.stop !== stop) refuse(piece.name, 'other-stop');
      this.#readers.set(piece.name, opened.in);
    }
    this.stop = stop ?? refuse(TEXTS, 'missing');
  }

  get(name: string): WordsIn | undefined {
    return this.#readers.get(name);
  }

  need(name: string): WordsIn {
    return this.#readers.get(name) ?? refuse(name, 'missing');
  }
}

function load(parts: JudgeParts, pieces: OpenPieces): Loaded {
  const puts: (() => void)[] = [];
  const texts = readTexts(pieces.need(TEXTS));
  texts.in.end();
  const subjects = readTexts(pieces.need(SUBJECTS));
  subjects.in.end();
  const table = tableOf(subjects, parts.seed);
  puts.push(() => parts.subjects.become(table));

  const warm: string[] = [];
  const cold: string[] = [];
  const withoutCounters = new Set<KindParts>();
  for (const [id, kind] of parts.kinds) {
    const reader = pieces.get(kindName(id));
    if (reader === undefined || !readKind(reader, kind, table.size, puts)) withoutCounters.add(kind);
  }
  let numbers: Int32Array = NONE;
  puts.push(() => {
    numbers = takeTexts(texts, parts.texts);
  });
  for (const [id, rule] of parts.rules) {
    const reader = pieces.get(ruleName(rule));
    if (reader === undefined || reader.takeText() !== ruleShape(rule)) {
      cold.push(id);
      continue;
    }
    pieces.need(kindName(rule.array.rule.reads));
    const put = readRule(reader, rule, table.size, texts.count);
    if (rule.array.rule.usesCounters && withoutCounters.has(rule.kind)) {
      cold.push(id);
      continue;
    }
    puts.push(() => put(numbers));
    warm.push(id);
  }
  for (const put of puts) put();
  return { outcome: 'loaded', stop: pieces.stop, warm, cold };
}

/** False when the kind's running totals are counted otherwise now, so that they are not taken over. */
function readKind(reader: WordsIn, kind: KindParts, most: number, puts: (() => void)[]): boolean {
  const isSame = reader.takeText() === countersShape(kind);
  const judgedTo = judgedToOf(kind.judgedTo);
  const judged = readRows(reader, judgedTo, most);
  puts.push(() => fillRows(judged, judgedTo, NONE));
  if (!isSame) return false;
  const { kept } = kind.counters;
  const rows = readRows(reader, kept, most);
  const series = readTexts(reader);
  reader.end();
  checkTexts(rows, kept, series.count);
  puts.push(() => {
    fillRows(rows, kept, takeTexts(series, kind.counters.series));
    kind.counters.countLive();
  });
  return true;
}

function readRule(
  reader: WordsIn,
  rule: RuleParts,
  subjects: number,
  texts: number,
): (numbers: Int32Array) => void {
  const { keys, array } = rule;
  let most = subjects;
  let read: KeyImage | null = null;
  let judged: RowImage | null = null;
  const judgedTo = judgedToOf(rule.judgedTo);
  if (keys !== null) {
    read = readKeys(reader, keys, texts);
    most = read.count;
    judged = readRows(reader, judgedTo, most);
  }
  const { kept } = array;
  const rows = readRows(reader, kept, most);
  reader.end();
  checkTexts(rows, kept, texts);
  return numbers => {
    if (read !== null && keys !== null) fillKeys(read, keys, numbers);
    if (judged !== null) fillRows(judged, judgedTo, NONE);
    fillRows(rows, kept, numbers);
  };
}

const NONE = new Int32Array(0);

function kindName(kind: string): string {
  return `kind/${kind}`;
}

function ruleName({ array }: RuleParts): string {
  return `rule/${array.rule.id}/${array.rule.version}`;
}

/** What running totals are counted of: under other counters the old ones mean nothing. */
function countersShape({ fields, counters }: KindParts): string {
  return `${counters.kept.rows.stride} ${fields.usesCounters ? fields.schema.counters.join(' ') : '-'}`;
}

/** How a rule's state lies in its row: a version laid out otherwise by other software is cold. */
function ruleShape({ array }: RuleParts): string {
  const { rows, wides, texts, lists } = array.kept;
  const operators = array.rule.state.map(each => each.operatorName);
  const blocks = lists.map(({ at, size }) => `${at}*${size}`);
  return [rows.stride, wides, ...operators, ...texts, ...blocks].join(' ');
}

function judgedToOf(rows: Rows): Kept {
  return { rows, pool: null, wides: 1, met: null, ...PLAIN };
}

function keptSlots(subjects: Texts, keep: (subject: string) => boolean): Int32Array {
  return everySlot(subjects).filter(slot => keep(subjects.textOf(slot) as string));
}

function everySlot({ size }: { readonly size: number }): Int32Array {
  return Int32Array.from({ length: size }, (_none, i) => i + 1);
}

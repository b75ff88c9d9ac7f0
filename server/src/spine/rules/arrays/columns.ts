import type { Observation } from '../../observations/observation.ts';
import type { FieldType, KindSchema } from '../kind-schema.ts';
import { addedFields, timeMarks } from '../rule.ts';
import type { Lane } from './lane.ts';
import type { TextNumbers } from './texts.ts';
import { MOST_FIELDS } from './view.ts';

/** Numbers, in the view of an observation, of the fields that judging adds. */
export const AT_MS = 0;
export const TIME_MARK = 1;
export const COUNTER_MARK = 2;
const FIRST_FIELD = 3;

/** The fields of one kind that the armed rules read, numbered in the order they were first asked for. */
export class KindFields {
  readonly schema: KindSchema;
  readonly names: string[] = [];
  readonly types: FieldType[] = [];
  usesCounters = false;

  constructor(schema: KindSchema) {
    this.schema = schema;
  }

  /** The number of a field in the view; gives it one when it is new. */
  viewNumber(field: string): number {
    if (field === 'atMs') return AT_MS;
    if (field === 'timeMark') return TIME_MARK;
    if (field === 'counterMark') return COUNTER_MARK;
    return FIRST_FIELD + this.column(field);
  }

  /** The number of a field among the columns; gives it one when it is new. */
  column(field: string): number {
    const known = this.names.indexOf(field);
    if (known >= 0) return known;
    if (this.names.length + FIRST_FIELD === MOST_FIELDS)
      throw new RangeError(`rules read too many fields of ${this.schema.kind}`);
    this.names.push(field);
    this.types.push(this.schema.fields[field] ?? 'string');
    return this.names.length - 1;
  }

  /** The type of a field, of those that judging adds too. */
  typeOf(field: string): FieldType {
    return addedFields[field] ?? (this.types[this.column(field)] as FieldType);
  }

  /** Rules that read a running total need all of them, for their marks are one. */
  useCounters(): void {
    this.usesCounters = true;
    for (const field of this.schema.counters) this.column(field);
    if (this.schema.seriesEnds !== undefined) this.column(this.schema.seriesEnds.field);
  }
}

/** A SHA-256 in 32-bit words. */
export const DIGEST_WORDS = 8;

/** The digest at a place, as 64 hex digits. */
export function digestAt(words: Int32Array, at: number): string {
  let digest = '';
  for (let i = 0; i < DIGEST_WORDS; i += 1)
    digest += ((words[at + i] as number) >>> 0).toString(16).padStart(8, '0');
  return digest;
}

export function putDigest(words: Int32Array, at: number, digest: string): void {
  for (let i = 0; i < DIGEST_WORDS; i += 1)
    words[at + i] = Number.parseInt(digest.slice(8 * i, 8 * i + 8), 16);
}

/**
 * Records of one kind in columns, in the order of judging, to be filled again and again by whoever reads
 * records: from observations here, from bytes elsewhere.
 */
export class Batch {
  count = 0;
  readonly fields: KindFields;
  readonly capacity: number;
  /** Subject of each record by its slot. */
  readonly slots: Int32Array;
  readonly atMs: Float64Array;
  readonly sources: Int32Array;
  /** Index into `timeMarks`. */
  readonly timeMarks: Uint8Array;
  readonly columns: Lane[];
  readonly series: (string | null)[] = [];
  /** The digest of each record, eight words, the first byte highest. */
  readonly digests: Int32Array;
  /** What was assumed of the counters, by the number of the mark; filled while judging. */
  readonly counterMarks: Uint8Array;

  constructor(fields: KindFields, capacity: number) {
    this.fields = fields;
    this.capacity = capacity;
    this.slots = new Int32Array(capacity);
    this.atMs = new Float64Array(capacity);
    this.sources = new Int32Array(capacity);
    this.timeMarks = new Uint8Array(capacity);
    this.digests = new Int32Array(capacity * DIGEST_WORDS);
    this.counterMarks = new Uint8Array(capacity);
    this.columns = fields.types.map(() => new Float64Array(capacity));
  }

  /** Adds an observation of the batch's kind. */
  add(record: Observation, slot: number, texts: TextNumbers): void {
    const i = this.count;
    this.count = i + 1;
    this.slots[i] = slot;
    this.atMs[i] = record.observedAtMs;
    this.sources[i] = record.sourceId;
    this.timeMarks[i] = timeMarks.indexOf(record.timeMark);
    this.series[i] = record.series;
    putDigest(this.digests, i * DIGEST_WORDS, record.digest);
    for (const [c, field] of this.fields.names.entries()) {
      const value = record.body[field] ?? undefined;
      const column = this.columns[c] as Lane;
      const type = this.fields.types[c];
      if (type === 'int') column[i] = typeof value === 'number' ? value : Number.NaN;
      else if (type === 'bool') column[i] = typeof value === 'boolean' ? Number(value) : Number.NaN;
      else column[i] = typeof value === 'string' ? texts.idOf(value) : 0;
    }
  }
}

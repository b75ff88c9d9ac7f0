import { ArrayJudge } from '../rules/arrays/array-judge.ts';
import { type Batch, DIGEST_WORDS } from '../rules/arrays/columns.ts';
import { longer, type Texts } from '../rules/arrays/texts.ts';
import { fieldOfKey } from '../rules/field-key.ts';
import type { Rule } from '../rules/rule.ts';
import { type News, openParcel, type Parcel } from './partition.ts';
import { partitionOfBytes } from './partition-of.ts';
import { type TermsDoors, TermsFeed } from './terms-feed.ts';
import { TextFeed } from './text-feed.ts';

/** The tables of texts of the owner, which its batches are numbered by. */
export interface OwnTexts {
  readonly texts: Texts;
  readonly subjects: Texts;
}

interface Feed {
  readonly texts: TextFeed;
  readonly subjects: TextFeed;
  readonly terms: TermsFeed;
}

/** The owner's side of a stage: deals records out by the key of its rules, and knows what each partition was told. */
export class StageFeed {
  readonly key: string;
  readonly #own: OwnTexts;
  readonly #doors: TermsDoors;
  readonly #feeds: Feed[];
  /** Judges nothing: it knows which fields a partition's judge asks for. */
  readonly #pattern: ArrayJudge;
  /** By kind, the fields the stage's rules read. */
  readonly #fields = new Map<string, readonly string[]>();
  /** The partition of each key by its number among the owner's texts, with 1 added. */
  #places = new Uint8Array(256);
  readonly #scratch = { bytes: new Uint8Array(256), order: new Int32Array(0) };

  constructor(key: string, own: OwnTexts, doors: TermsDoors, partitions: number) {
    this.key = key;
    this.#own = own;
    this.#doors = doors;
    this.#pattern = new ArrayJudge({
      digest: text => text,
      stretchAt: (subject, atMs) => doors.stretchAt(subject, atMs),
      classOf: subject => doors.classOf(subject),
      found: () => undefined,
    });
    this.#feeds = Array.from({ length: partitions }, () => this.#openFeed());
  }

  /** To be called when a partition begins from nothing. */
  reset(partition: number): void {
    this.#feeds[partition] = this.#openFeed();
  }

  /** From now on deals out what the rule reads too; the fields all rules of the stage read of its kind. */
  arm(rule: Rule): readonly string[] {
    this.#pattern.arm(rule);
    const fields = this.#pattern.openBatch(rule.reads, 0)?.fields.names ?? [];
    this.#fields.set(rule.reads, fields);
    return fields;
  }

  /** To be told when what is in force for the subject may have changed. */
  forgetTerms(slot: number): void {
    for (const { terms } of this.#feeds) terms.forget(slot);
  }

  /** What a partition must know before it judges the silences of the slots, or of all it was told of. */
  newsFor(partition: number, slots: readonly number[] | null): News {
    const feed = this.#feeds[partition] as Feed;
    feed.terms.begin();
    for (const slot of slots ?? feed.terms.stale) this.#tell(feed, slot);
    return this.#take(feed);
  }

  /** The batch dealt out: for each partition its records in their order, or null when it has none. */
  deal(batch: Batch): (Parcel | null)[] {
    const fields = this.#fields.get(batch.fields.schema.kind);
    if (fields === undefined) return this.#feeds.map(() => null);
    if (batch.columns.length < batch.fields.names.length)
      throw new RangeError('a batch was opened before a rule was armed that reads more');
    const ends = this.#sort(batch);
    return this.#feeds.map((feed, p) => {
      const from = p === 0 ? 0 : (ends[p - 1] as number);
      const to = ends[p] as number;
      return from === to ? null : this.#pack(batch, feed, fields, from, to);
    });
  }

  #openFeed(): Feed {
    const { texts, subjects } = this.#own;
    return {
      texts: new TextFeed(texts),
      subjects: new TextFeed(subjects),
      terms: new TermsFeed(this.#doors),
    };
  }

  /** Records' places in the batch by partition, in their order; where each partition's end. */
  #sort(batch: Batch): Int32Array {
    const { count, slots } = batch;
    const partitions = this.#feeds.length;
    const field = fieldOfKey(this.key);
    const keys = field === null ? slots : (batch.columns[batch.fields.column(field)] as Float64Array);
    const table = field === null ? this.#own.subjects : this.#own.texts;
    const ends = new Int32Array(partitions);
    for (let i = 0; i < count; i += 1) {
      const p = slots[i] === 0 ? -1 : this.#placeOf(table, keys[i] as number);
      if (p >= 0) ends[p] = (ends[p] as number) + 1;
    }
    const next = new Int32Array(partitions);
    for (let p = 1; p < partitions; p += 1) {
      ends[p] = (ends[p] as number) + (ends[p - 1] as number);
      next[p] = ends[p - 1] as number;
    }
    if (this.#scratch.order.length < count) this.#scratch.order = new Int32Array(batch.capacity);
    const { order } = this.#scratch;
    for (let i = 0; i < count; i += 1) {
      const p = slots[i] === 0 ? -1 : this.#placeOf(table, keys[i] as number);
      if (p < 0) continue;
      order[next[p] as number] = i;
      next[p] = (next[p] as number) + 1;
    }
    return ends;
  }

  /** The partition of a key by its number; -1 of an absent one. */
  #placeOf(table: Texts, id: number): number {
    if (!(id > 0)) return -1;
    if (id >= this.#places.length) this.#places = longer(this.#places, Uint8Array, id + 1);
    const known = this.#places[id] as number;
    if (known !== 0) return known - 1;
    const length = table.lengthOf(id);
    if (length > this.#scratch.bytes.length) this.#scratch.bytes = new Uint8Array(2 * length);
    table.copyTo(id, this.#scratch.bytes, 0);
    const place = partitionOfBytes(this.#scratch.bytes, 0, length, this.#feeds.length);
    this.#places[id] = place + 1;
    return place;
  }

  #pack(batch: Batch, feed: Feed, fields: readonly string[], from: number, to: number): Parcel {
    const { order } = this.#scratch;
    const parcel = openParcel(batch.fields.schema.kind, to - from, fields);
    const isSeries = batch.series.some(series => series !== null && series !== undefined);
    const series: (string | null)[] = [];
    feed.terms.begin();
    for (let n = from; n < to; n += 1) {
      const i = order[n] as number;
      const slot = batch.slots[i] as number;
      const out = n - from;
      this.#tell(feed, slot);
      parcel.slots[out] = feed.subjects.numberOf(slot);
      parcel.atMs[out] = batch.atMs[i] as number;
      parcel.sources[out] = batch.sources[i] as number;
      parcel.timeMarks[out] = batch.timeMarks[i] as number;
      for (let word = 0; word < DIGEST_WORDS; word += 1)
        parcel.digests[out * DIGEST_WORDS + word] = batch.digests[i * DIGEST_WORDS + word] as number;
      if (isSeries) series.push(batch.series[i] ?? null);
    }
    for (const { field, lane } of parcel.columns) {
      const c = batch.fields.column(field);
      const column = batch.columns[c] as Float64Array;
      const isText = batch.fields.types[c] !== 'int' && batch.fields.types[c] !== 'bool';
      for (let n = from; n < to; n += 1) {
        const value = column[order[n] as number] as number;
        lane[n - from] = isText ? feed.texts.numberOf(value) : value;
      }
    }
    return { ...parcel, series: isSeries ? series : null, news: this.#take(feed) };
  }

  #tell(feed: Feed, slot: number): void {
    if (feed.terms.isTold(slot)) return;
    const subject = this.#own.subjects.textOf(slot) as string;
    feed.terms.tell(slot, subject, feed.subjects.numberOf(slot));
  }

  #take(feed: Feed): News {
    return {
      stage: this.key,
      texts: feed.texts.take(),
      subjects: feed.subjects.take(),
      terms: feed.terms.take(),
    };
  }
}

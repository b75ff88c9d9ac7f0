import { sha256 } from '../../kernel/bytes.ts';
import type { Canonical } from '../../kernel/canonical-json.ts';
import { ArrayJudge, type Late } from '../rules/arrays/array-judge.ts';
import type { ArrayTally } from '../rules/arrays/array-rule.ts';
import { type Batch, DIGEST_WORDS } from '../rules/arrays/columns.ts';
import type { Loaded } from '../rules/arrays/image.ts';
import type { Piece } from '../rules/arrays/image-words.ts';
import type { KeyState, Verdict } from '../rules/judge-key.ts';
import { type RuleWorld, readRule } from '../rules/read-rule.ts';
import { type NewTerms, TermsTold } from './terms-feed.ts';
import { type NewTexts, TextsTold } from './text-feed.ts';

/** What a partition is opened with; plain data, for it goes to another thread. */
export interface PartitionData {
  readonly world: Omit<RuleWorld, 'digest'>;
  /** Makes hash tables unforeseeable to senders of texts. */
  readonly seed: number;
}

/** What a stage of a partition must know before it goes on. */
export interface News {
  readonly stage: string;
  readonly texts: NewTexts;
  readonly subjects: NewTexts;
  readonly terms: NewTerms;
}

/** Records of one kind in columns, texts and subjects by the numbers they were told by. */
export interface Parcel {
  readonly news: News;
  readonly kind: string;
  readonly count: number;
  readonly slots: Int32Array<ArrayBuffer>;
  readonly atMs: Float64Array<ArrayBuffer>;
  readonly sources: Int32Array<ArrayBuffer>;
  readonly timeMarks: Uint8Array<ArrayBuffer>;
  readonly digests: Int32Array<ArrayBuffer>;
  readonly columns: readonly { readonly field: string; readonly lane: Float64Array<ArrayBuffer> }[];
  /** Null when no record belongs to a series. */
  readonly series: readonly (string | null)[] | null;
}

export interface Judged {
  readonly verdicts: readonly Verdict[];
  readonly late: Late;
}

export interface RuleText {
  readonly id: string;
  readonly text: string;
}

interface Stage {
  readonly judge: ArrayJudge;
  readonly texts: TextsTold;
  readonly subjects: TextsTold;
  readonly terms: TermsTold;
  readonly batches: Map<string, Batch>;
  found: Verdict[];
}

/**
 * One partition: a judge in arrays for each stage, in whichever thread it lives. A stage is all rules of one
 * key: those keyed by the subject, and for each field those keyed by it. Everything it is asked and everything
 * it answers is data.
 */
export class Partition {
  readonly #data: PartitionData;
  readonly #stages = new Map<string, Stage>();

  constructor(data: PartitionData) {
    this.#data = data;
  }

  /** Arms a rule that the owner has read already. */
  arm({ stage, id, text }: RuleText & { readonly stage: string }): void {
    const rule = readRule(text, id, { ...this.#data.world, digest });
    if (!('where' in rule)) throw new RangeError(`a rule does not read: ${id}`);
    this.#stage(stage).judge.arm(rule);
  }

  disarm({ stage, id }: { readonly stage: string; readonly id: string }): void {
    this.#stage(stage).judge.disarm(id);
  }

  judge(parcel: Parcel): Judged {
    const stage = this.#hear(parcel.news);
    const batch = unpack(stage, parcel);
    if (batch === null) return { verdicts: [], late: { subjects: new Map(), fieldKeys: new Map() } };
    const { subjects, fieldKeys } = stage.judge.judge(batch);
    // Whether a subject is late is for the rules keyed by it to say.
    const late = {
      subjects: parcel.news.stage === 'subject' ? subjects : new Map<string, number>(),
      fieldKeys,
    };
    return { verdicts: taken(stage), late };
  }

  /** `subjects` null is all. */
  tick(asked: {
    readonly news: News;
    readonly watermarkMs: number;
    readonly subjects: readonly string[] | null;
  }): readonly Verdict[] {
    const stage = this.#hear(asked.news);
    stage.judge.tick(asked.watermarkMs, asked.subjects ?? undefined);
    return taken(stage);
  }

  replace(asked: {
    readonly news: News;
    readonly ruleId: string;
    readonly key: string;
    readonly state: KeyState;
  }): void {
    this.#hear(asked.news).judge.replace(asked.ruleId, asked.key, asked.state);
  }

  judgedToMs(asked: {
    readonly stage: string;
    readonly ruleId: string;
    readonly key: string;
  }): number | null {
    return this.#stage(asked.stage).judge.judgedToMs(asked.ruleId, asked.key);
  }

  freeze({ stage, subject }: { readonly stage: string; readonly subject: string }): Canonical {
    return this.#stage(stage).judge.freeze(subject);
  }

  freezeFieldKeys(asked: { readonly stage: string; readonly ruleId: string }): [string, Canonical][] {
    return [...this.#stage(asked.stage).judge.freezeFieldKeys(asked.ruleId)];
  }

  /** What is remembered of the subjects named, in pieces, as of a stop. */
  image(asked: { readonly stage: string; readonly stop: string; readonly keep: readonly string[] }): Piece[] {
    const keep = new Set(asked.keep);
    const { judge } = this.#stage(asked.stage);
    return [...judge.image(asked.stop, checksum, subject => keep.has(subject))];
  }

  /** Takes an image over into a stage that has met no subject yet; the subjects it is of. */
  load(asked: { readonly stage: string; readonly pieces: readonly Piece[] }): {
    readonly loaded: Loaded;
    readonly subjects: readonly string[];
  } {
    const { judge } = this.#stage(asked.stage);
    const loaded = judge.load(asked.pieces, checksum);
    return { loaded, subjects: loaded.outcome === 'loaded' ? [...judge.subjects] : [] };
  }

  /** What each rule has counted since it was armed here. */
  tallies(): [string, ArrayTally][] {
    return [...this.#stages.values()].flatMap(({ judge }) =>
      judge.rules.map(({ id }): [string, ArrayTally] => [id, judge.arrayOf(id)?.tally as ArrayTally]),
    );
  }

  sizeBytes(): number {
    return [...this.#stages.values()].reduce((sum, { judge }) => sum + judge.sizeBytes, 0);
  }

  #stage(name: string): Stage {
    let stage = this.#stages.get(name);
    if (stage === undefined) {
      stage = openStage(this.#data.seed);
      this.#stages.set(name, stage);
    }
    return stage;
  }

  #hear(news: News): Stage {
    const stage = this.#stage(news.stage);
    const { judge } = stage;
    stage.texts.hear(news.texts);
    stage.subjects.hear(news.subjects);
    stage.terms.hear(
      news.terms,
      number => stage.subjects.own(number),
      slot => judge.forgetTerms(judge.subjects.textOf(slot) as string),
    );
    return stage;
  }
}

function checksum(bytes: Uint8Array): string {
  return sha256(bytes).toString('hex');
}

function digest(text: string): string {
  return sha256(text).toString('hex');
}

function openStage(seed: number): Stage {
  const terms = new TermsTold();
  const judge: ArrayJudge = new ArrayJudge(
    {
      digest,
      stretchAt: (subject, atMs) => terms.stretchAt(judge.slotOf(subject), atMs),
      classOf: subject => terms.classOf(judge.slotOf(subject)),
      found: verdict => {
        stage.found.push(verdict);
      },
    },
    seed,
  );
  const stage: Stage = {
    judge,
    texts: new TextsTold(judge.texts),
    subjects: new TextsTold(judge.subjects),
    terms,
    batches: new Map(),
    found: [],
  };
  return stage;
}

function taken(stage: Stage): readonly Verdict[] {
  const { found } = stage;
  stage.found = [];
  return found;
}

/** The parcel as a batch of the stage's own numbers; null when no armed rule reads the kind. */
function unpack(stage: Stage, parcel: Parcel): Batch | null {
  const batch = roomFor(stage, parcel);
  if (batch === null) return null;
  const { count } = parcel;
  batch.count = count;
  stage.subjects.translate(parcel.slots, count, batch.slots);
  batch.atMs.set(parcel.atMs);
  batch.sources.set(parcel.sources);
  batch.timeMarks.set(parcel.timeMarks);
  batch.digests.set(parcel.digests);
  batch.series.length = 0;
  for (const series of parcel.series ?? []) batch.series.push(series);
  const { names, types } = batch.fields;
  for (let c = 0; c < names.length; c += 1) {
    const sent = parcel.columns.find(({ field }) => field === names[c]);
    if (sent === undefined) throw new RangeError(`a field is judged that was not sent: ${names[c]}`);
    const column = batch.columns[c] as Float64Array;
    if (types[c] === 'int' || types[c] === 'bool') column.set(sent.lane);
    else stage.texts.translate(sent.lane, count, column);
  }
  return batch;
}

/** A batch that is used again as long as it is large enough and has every column. */
function roomFor(stage: Stage, { kind, count }: Parcel): Batch | null {
  const known = stage.batches.get(kind);
  if (known !== undefined && known.capacity >= count && known.columns.length === known.fields.names.length)
    return known;
  const batch = stage.judge.openBatch(kind, Math.max(64, count + (count >> 1)));
  if (batch !== null) stage.batches.set(kind, batch);
  return batch;
}

/** Buffers of a parcel that may be given away with it. */
export function buffersOf(parcel: Parcel): ArrayBuffer[] {
  const { news, slots, atMs, sources, timeMarks, digests, columns } = parcel;
  return [
    news.texts.bytes,
    news.texts.ends,
    news.subjects.bytes,
    news.subjects.ends,
    slots,
    atMs,
    sources,
    timeMarks,
    digests,
    ...columns.map(({ lane }) => lane),
  ].map(array => array.buffer);
}

/** An empty parcel of so many records. */
export function openParcel(
  kind: string,
  count: number,
  fields: readonly string[],
): Omit<Parcel, 'news' | 'series'> {
  return {
    kind,
    count,
    slots: new Int32Array(count),
    atMs: new Float64Array(count),
    sources: new Int32Array(count),
    timeMarks: new Uint8Array(count),
    digests: new Int32Array(count * DIGEST_WORDS),
    columns: fields.map(field => ({ field, lane: new Float64Array(count) })),
  };
}

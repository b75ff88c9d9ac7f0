import type { Canonical } from '../../kernel/canonical-json.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { ArrayTally } from '../rules/arrays/array-rule.ts';
import { Batch, KindFields } from '../rules/arrays/columns.ts';
import type { Piece } from '../rules/arrays/image-words.ts';
import { Texts } from '../rules/arrays/texts.ts';
import { fieldOfKey } from '../rules/field-key.ts';
import type { KeyState, Verdict } from '../rules/judge-key.ts';
import { type RuleWorld, readRule } from '../rules/read-rule.ts';
import type { Rule } from '../rules/rule.ts';
import { Gate } from './gate.ts';
import { gathered, tallied } from './gathering.ts';
import { buffersOf, type Judged, type Parcel, type Partition, type RuleText } from './partition.ts';
import { MOST_PARTITIONS, partitionOf } from './partition-of.ts';
import { type PartitionCode, type Seat, seatHere, seatInThread } from './seat.ts';
import { StageFeed } from './stage-feed.ts';
import type { TermsDoors } from './terms-feed.ts';

export interface PartitionedOptions {
  /** One is judged in this thread, more in a thread each. */
  readonly partitions: number;
  readonly world: RuleWorld;
  readonly doors: TermsDoors;
  /** Makes hash tables unforeseeable to senders of texts. */
  readonly seed?: number;
  /** Batches under judgement at once; the next waits. */
  readonly mostInFlight?: number;
  /** Bound of a thread's heap, in MiB; the arrays lie outside it. */
  readonly heapMiB?: number;
}

const SUBJECT = 'subject';

/**
 * `ArrayJudge` over partitions. Every subject's records are judged in the partition of its key, in the order
 * they are handed in; rules keyed by a field are a second stage, judged in the partition of the field's value.
 * What is found and what is late is that of one judge over the same records.
 *
 * Calls take effect in the order they are made. A partition that fails, by an error, for want of memory or
 * because its thread ended, rejects with `partition-lost` naming it whatever needs it, until `reset` has
 * emptied it; what it held is then to be put in place anew by the caller. A batch that was rejected may have
 * been judged by the other partitions.
 */
export class PartitionedJudge {
  /** Texts and subjects that batches handed in are numbered by; slot 0 is nobody. */
  readonly texts: Texts;
  readonly subjects: Texts;
  readonly #options: PartitionedOptions;
  readonly #seats: Seat[];
  readonly #judgedBy: number[];
  readonly #gate: Gate;
  readonly #rules = new Map<string, { readonly rule: Rule; readonly text: RuleText }>();
  readonly #stages = new Map<string, StageFeed>();
  readonly #kinds = new Map<string, KindFields>();

  constructor(options: PartitionedOptions) {
    const { partitions, seed = 0, mostInFlight = 4 } = options;
    if (!Number.isInteger(partitions) || partitions < 1 || partitions > MOST_PARTITIONS)
      throw new RangeError(`partitions: 1 to ${MOST_PARTITIONS}`);
    this.#options = options;
    this.texts = new Texts(seed);
    this.subjects = new Texts(seed);
    this.#gate = new Gate(mostInFlight);
    this.#judgedBy = new Array<number>(partitions).fill(0);
    this.#seats = Array.from({ length: partitions }, (_, p) => this.#openSeat(p));
  }

  /** Records of subjects that each partition has answered for. */
  get judgedBy(): readonly number[] {
    return this.#judgedBy;
  }

  get rules(): readonly Rule[] {
    return [...this.#rules.values()].map(({ rule }) => rule);
  }

  /** The partition that judges the subject. */
  partitionOf(subject: string): number {
    return partitionOf(subject, this.#seats.length);
  }

  /** Arms a rule with empty state in every partition; `rule-refused` when its text does not read. */
  arm(text: RuleText): Promise<Rule> {
    return this.#gate.through(async () => {
      const rule = readRule(text.text, text.id, this.#options.world);
      if (!('where' in rule))
        throw new Refusal<PartitionCode>('rule-refused', {
          subject: text.id,
          detail: { fault: rule[0]?.message.en ?? '', path: rule[0]?.path ?? '' },
        });
      this.#stageFor(rule);
      this.#rules.set(rule.id, { rule, text });
      await all(this.#seats.map(seat => seat.ask('arm', { ...text, stage: rule.key })));
      return rule;
    });
  }

  disarm(ruleId: string): Promise<void> {
    return this.#gate.through(async () => {
      const armed = this.#rules.get(ruleId);
      if (armed === undefined) return;
      this.#rules.delete(ruleId);
      await all(this.#seats.map(seat => seat.ask('disarm', { stage: armed.rule.key, id: ruleId })));
    });
  }

  /** An empty batch with a column for every field the armed rules read; null when none reads the kind. */
  openBatch(kind: string, capacity: number): Batch | null {
    const fields = this.#kinds.get(kind);
    return fields === undefined ? null : new Batch(fields, capacity);
  }

  slotOf(subject: string): number {
    return this.subjects.idOf(subject);
  }

  /**
   * Judges a batch; its records must be in the order of judging, and it is the caller's again when this is
   * settled. Verdicts come ordered by their moment, then by their identifier.
   */
  judge(batch: Batch): Promise<Judged> {
    return this.#gate.through(async () => {
      const asked: Promise<Judged>[] = [];
      for (const stage of this.#stages.values())
        for (const [p, parcel] of stage.deal(batch).entries())
          if (parcel !== null) asked.push(this.#ask(p, stage.key, parcel));
      return gathered(await all(asked));
    });
  }

  /** Judges every silence that has fallen due by the watermark for the subjects named, or for all. */
  tick(watermarkMs: number, subjects?: readonly string[]): Promise<readonly Verdict[]> {
    return this.#gate.through(async () => {
      const stage = this.#stages.get(SUBJECT);
      if (stage === undefined) return [];
      const asked: Promise<readonly Verdict[]>[] = [];
      for (const [p, seat] of this.#seats.entries()) {
        const own = subjects?.filter(subject => this.partitionOf(subject) === p) ?? null;
        if (own?.length === 0) continue;
        const news = stage.newsFor(p, own?.map(subject => this.slotOf(subject)) ?? null);
        asked.push(seat.ask('tick', { news, watermarkMs, subjects: own }));
      }
      return gathered((await all(asked)).map(verdicts => ({ verdicts, late: null }))).verdicts;
    });
  }

  /** Puts the state the reference came to in the place of a key's. */
  replace(ruleId: string, key: string, state: KeyState): Promise<void> {
    return this.#gate.through(async () => {
      const at = this.#placeOf(ruleId, key);
      if (at === null) return;
      const { stage, partition } = at;
      const slots = stage.key === SUBJECT ? [this.slotOf(key)] : [];
      for (const slot of slots) stage.forgetTerms(slot);
      const news = stage.newsFor(partition, slots);
      await this.#seat(partition).ask('replace', { news, ruleId, key, state });
    });
  }

  /** To be told when what is in force for the subject may have changed: it is asked for anew. */
  forgetTerms(subject: string): void {
    const slot = this.slotOf(subject);
    for (const stage of this.#stages.values()) stage.forgetTerms(slot);
  }

  /** The moment the rule has judged the key to; null before a first record. */
  judgedToMs(ruleId: string, key: string): Promise<number | null> {
    return this.#gate.through(async () => {
      const at = this.#placeOf(ruleId, key);
      if (at === null) return null;
      return this.#seat(at.partition).ask('judgedToMs', { stage: at.stage.key, ruleId, key });
    });
  }

  /** Everything kept of a subject under the rules keyed by it, as canonical data. */
  freeze(subject: string): Promise<Canonical> {
    const seat = this.#seat(this.partitionOf(subject));
    return this.#gate.through(() => seat.ask('freeze', { stage: SUBJECT, subject }));
  }

  /** The keys of a rule keyed by a field, and what is kept of each. */
  freezeFieldKeys(ruleId: string): Promise<[string, Canonical][]> {
    return this.#gate.through(async () => {
      const stage = this.#rules.get(ruleId)?.rule.key;
      if (stage === undefined || stage === SUBJECT) return [];
      return (await all(this.#seats.map(seat => seat.ask('freezeFieldKeys', { stage, ruleId })))).flat();
    });
  }

  /** What a partition remembers of its subjects named, in pieces, as of a stop: of rules keyed by the subject. */
  image(partition: number, stop: string, keep: readonly string[]): Promise<Piece[]> {
    return this.#gate.through(() => this.#seat(partition).ask('image', { stage: SUBJECT, stop, keep }));
  }

  /** Takes such an image over into a partition that has met no subject since it was emptied; the subjects it is of. */
  load(partition: number, pieces: readonly Piece[]): Promise<ReturnType<Partition['load']>> {
    return this.#gate.through(() => this.#seat(partition).ask('load', { stage: SUBJECT, pieces }));
  }

  /** What each rule has counted in all partitions since it was armed, or since they were emptied. */
  tallies(): Promise<ReadonlyMap<string, ArrayTally>> {
    return this.#gate.through(async () =>
      tallied(await all(this.#seats.map(seat => seat.ask('tallies', undefined)))),
    );
  }

  /** Bytes held by all partitions and by the owner's texts. */
  sizeBytes(): Promise<number> {
    return this.#gate.through(async () => {
      const sizes = await all(this.#seats.map(seat => seat.ask('sizeBytes', undefined)));
      return sizes.reduce((sum, size) => sum + size, this.texts.sizeBytes + this.subjects.sizeBytes);
    });
  }

  /** Empties a partition, or all, and arms every rule in it anew; also one that was lost. */
  reset(partition?: number): Promise<void> {
    return this.#gate.through(async () => {
      const which = partition === undefined ? [...this.#seats.keys()] : [partition];
      for (const p of which) {
        void this.#seat(p).close();
        this.#seats[p] = this.#openSeat(p);
        for (const stage of this.#stages.values()) stage.reset(p);
      }
      await all(
        which.flatMap(p =>
          [...this.#rules.values()].map(({ rule, text }) =>
            this.#seat(p).ask('arm', { ...text, stage: rule.key }),
          ),
        ),
      );
    });
  }

  /** Ends every thread; what is still asked is rejected with `partition-closed`. */
  async close(): Promise<void> {
    await Promise.all(this.#seats.map(seat => seat.close()));
  }

  async #ask(p: number, stage: string, parcel: Parcel): Promise<Judged> {
    const judged = await this.#seat(p).ask('judge', parcel, buffersOf(parcel));
    if (stage === SUBJECT) this.#judgedBy[p] = (this.#judgedBy[p] ?? 0) + parcel.count;
    return judged;
  }

  #openSeat(p: number): Seat {
    const { partitions, seed = 0, heapMiB, world } = this.#options;
    const { kinds, boundSchema, measures } = world;
    const data = { world: { kinds, boundSchema, measures }, seed };
    const name = `partition/${p}`;
    return partitions === 1 ? seatHere(name, data) : seatInThread(name, data, heapMiB);
  }

  #seat(p: number): Seat {
    return this.#seats[p] as Seat;
  }

  /** The stage of the rule, which from now on deals out what the rule reads. */
  #stageFor(rule: Rule): StageFeed {
    let stage = this.#stages.get(rule.key);
    if (stage === undefined) {
      stage = new StageFeed(rule.key, this, this.#options.doors, this.#seats.length);
      this.#stages.set(rule.key, stage);
    }
    const fields = this.#kinds.get(rule.reads) ?? new KindFields(rule.schema);
    this.#kinds.set(rule.reads, fields);
    for (const field of stage.arm(rule)) fields.column(field);
    return stage;
  }

  #placeOf(ruleId: string, key: string): { stage: StageFeed; partition: number } | null {
    const stage = this.#stages.get(this.#rules.get(ruleId)?.rule.key ?? '');
    if (stage === undefined) return null;
    const field = fieldOfKey(stage.key);
    const value = field === null ? key : key.slice(field.length + 1);
    return { stage, partition: partitionOf(value, this.#seats.length) };
  }
}

/** All answers, once every one of them is settled; the first that failed otherwise. */
async function all<Answer>(asked: readonly Promise<Answer>[]): Promise<Answer[]> {
  const outcomes = await Promise.allSettled(asked);
  return outcomes.map(outcome => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

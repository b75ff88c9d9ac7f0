import type { Observation } from '../../server/src/spine/observations/observation.ts';
import { compareObservations } from '../../server/src/spine/rules/counters.ts';
import { fieldKey } from '../../server/src/spine/rules/field-key.ts';
import {
  type About,
  againFromMs,
  judgeKey,
  type KeyContext,
  type KeyState,
  type Outcome,
  openKey,
  reach,
  step,
  type Verdict,
} from '../../server/src/spine/rules/judge-key.ts';
import type { Rule } from '../../server/src/spine/rules/rule.ts';
import { compareStanding, type StoredFinding } from '../../server/src/spine/rules/standing.ts';
import { trialWorld } from './world.ts';

interface LaneKey {
  readonly records: Observation[];
  state: KeyState;
  readonly findings: Map<
    string,
    { findingId: string; observedAtMs: number; standing: StoredFinding['standing'] }
  >;
}

/** The second stage in its plainest form: one rule keyed by a field, over records of every subject. */
export class FieldLane {
  readonly history = { withdrawn: 0, reinstated: 0, judgedAgain: 0 };
  readonly #keys = new Map<string, LaneKey>();
  readonly #keysOf = new Map<string, Set<string>>();
  readonly #rule: Rule;
  readonly #about: (claim: string) => About;
  readonly #note: (outcome: Outcome) => void;

  constructor(rule: Rule, about: (claim: string) => About, note: (outcome: Outcome) => void) {
    this.#rule = rule;
    this.#about = about;
    this.#note = note;
  }

  /** Takes in records not seen before, and by subject the moment from which its terms may differ. */
  accept(fresh: readonly Observation[], dirty: ReadonlyMap<string, number>): void {
    const touched = new Map<string, { fresh: Observation[]; dirtyMs: number }>();
    const touch = (key: string): { fresh: Observation[]; dirtyMs: number } => {
      const entry = touched.get(key) ?? { fresh: [], dirtyMs: Number.POSITIVE_INFINITY };
      touched.set(key, entry);
      return entry;
    };
    for (const [claim, ms] of dirty)
      for (const key of this.#keysOf.get(claim) ?? []) touch(key).dirtyMs = Math.min(touch(key).dirtyMs, ms);
    for (const record of fresh) {
      const key = record.kind === this.#rule.reads ? fieldKey(this.#rule, record) : null;
      if (key === null) continue;
      touch(key).fresh.push(record);
      const keys = this.#keysOf.get(record.claim) ?? new Set();
      this.#keysOf.set(record.claim, keys.add(key));
    }
    for (const [key, entry] of touched)
      this.#judge(key, entry.fresh.sort(compareObservations), entry.dirtyMs);
  }

  standing(): string[] {
    return [...this.#keys.values()].flatMap(({ findings }) =>
      [...findings.values()].filter(each => each.standing !== 'withdrawn').map(each => each.findingId),
    );
  }

  #judge(name: string, fresh: readonly Observation[], dirtyMs: number): void {
    const key: LaneKey = this.#keys.get(name) ?? {
      records: [],
      state: openKey(this.#rule),
      findings: new Map(),
    };
    this.#keys.set(name, key);
    const firstMs = fresh[0]?.observedAtMs ?? Number.POSITIVE_INFINITY;
    const isLate = firstMs <= (key.state.judgedToMs ?? Number.NEGATIVE_INFINITY);
    key.records.push(...fresh);
    if (!isLate && dirtyMs === Number.POSITIVE_INFINITY) this.#judgeOn(name, key, fresh);
    else {
      key.records.sort(compareObservations);
      this.#judgeAgain(name, key, Math.min(firstMs, dirtyMs));
    }
  }

  #judgeOn(name: string, key: LaneKey, fresh: readonly Observation[]): void {
    for (const record of fresh) {
      const outcome = step(this.#rule, key.state, record, this.#contextOf(name));
      this.#note(outcome);
      if (outcome.kind === 'fired') this.#add(key, outcome.verdict);
    }
  }

  #judgeAgain(name: string, key: LaneKey, dirtyMs: number): void {
    this.history.judgedAgain += 1;
    const fromMs = againFromMs(key.state, dirtyMs);
    const { verdicts, state } = judgeKey(this.#rule, {
      ...this.#contextOf(name),
      observations: key.records.filter(record => record.observedAtMs >= fromMs - reach(this.#rule)),
      ticks: [],
      fromMs,
    });
    key.state = state;
    const stored = [...key.findings.values()].filter(({ observedAtMs }) => observedAtMs >= fromMs);
    const change = compareStanding(stored, verdicts);
    for (const verdict of change.added) this.#add(key, verdict);
    for (const finding of key.findings.values()) {
      if (change.withdrawn.includes(finding.findingId)) finding.standing = 'withdrawn';
      if (change.reinstated.includes(finding.findingId)) finding.standing = 'reinstated';
    }
    this.history.withdrawn += change.withdrawn.length;
    this.history.reinstated += change.reinstated.length;
  }

  #add(key: LaneKey, { findingId, observedAtMs }: Verdict): void {
    key.findings.set(findingId, { findingId, observedAtMs, standing: 'found' });
  }

  #contextOf(name: string): KeyContext {
    return {
      key: name,
      subject: { id: '', class: '' },
      boundAt: () => ({}),
      about: record => this.#about(record.claim),
      digest: trialWorld.digest,
    };
  }
}

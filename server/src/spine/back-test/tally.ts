import { sha256 } from '../../kernel/bytes.ts';
import type { Against, BackTestResult, DayHits, Hit } from '../findings/back-tests/back-test.ts';
import type { Outcome, Verdict } from '../rules/judge-key.ts';
import type { Rule } from '../rules/rule.ts';
import { zoneNamed } from '../rules/zone-time.ts';

/** Whom a verdict is on, as far as counting needs it. */
export interface Target {
  readonly subjectId: number;
  readonly class: string;
}

/** Hits shown whole, and of one subject at most. */
const MOST_SAMPLES = 20;
const MOST_OF_ONE = 2;

/** What came of one key under the new rule and under the armed one. */
export interface KeyHits {
  readonly found: readonly Verdict[];
  readonly foundArmed: readonly Verdict[];
}

/** Counts what a back-test finds in memory that does not grow with the number of hits. */
export class BackTestTally {
  records = 0;
  silences = 0;
  private passedOver = 0;
  private hits = 0;
  private hitsDigest: Buffer = Buffer.alloc(32);
  private readonly subjects = new NumberSet();
  private readonly subjectsHit = new NumberSet();
  private readonly silenced: Record<string, number> = {};
  private readonly errors: Record<string, number> = {};
  private readonly days = new Map<string, DayHits & { hits: number }>();
  private readonly samples: Hit[] = [];
  private readonly against = { kept: 0, added: 0, lost: 0, keysKept: 0, keysAdded: 0, keysLost: 0 };
  private readonly addedSamples: Hit[] = [];
  private readonly lostSamples: Hit[] = [];
  private readonly rule: Rule;

  constructor(rule: Rule) {
    this.rule = rule;
  }

  hear(outcome: Outcome, isSilence: boolean, target: Target): void {
    if (isSilence) this.silences += 1;
    else this.records += 1;
    this.subjects.add(target.subjectId);
    if (outcome.kind === 'passed-over') this.passedOver += 1;
    else if (outcome.kind === 'error') this.errors[outcome.at] = (this.errors[outcome.at] ?? 0) + 1;
    else if (outcome.kind === 'silenced')
      for (const guard of outcome.guards) this.silenced[guard] = (this.silenced[guard] ?? 0) + 1;
    else if (outcome.kind === 'fired') this.count(outcome.verdict, target);
  }

  /** Lays the two versions side by side; `targetOf` tells whom a verdict of the key is on. */
  compare({ found, foundArmed }: KeyHits, targetOf: (verdict: Verdict) => Target): void {
    if (found.length > 0 && foundArmed.length > 0) this.against.keysKept += 1;
    else if (found.length > 0) this.against.keysAdded += 1;
    else if (foundArmed.length > 0) this.against.keysLost += 1;
    const mine = new Set(found.map(sameMoment));
    const theirs = new Set(foundArmed.map(sameMoment));
    for (const verdict of found) {
      if (theirs.has(sameMoment(verdict))) this.against.kept += 1;
      else {
        this.against.added += 1;
        keepSample(this.addedSamples, hitOf(verdict, targetOf(verdict)));
      }
    }
    for (const verdict of foundArmed) {
      if (mine.has(sameMoment(verdict))) continue;
      this.against.lost += 1;
      keepSample(this.lostSamples, hitOf(verdict, targetOf(verdict)));
    }
  }

  result(armed: { version: string } | 'none' | 'same' | 'other-key', isKindStored: boolean): BackTestResult {
    const { addedSamples, lostSamples } = this;
    const against: Against | typeof armed =
      typeof armed === 'string' ? armed : { ...armed, ...this.against, addedSamples, lostSamples };
    return {
      records: this.records,
      silences: this.silences,
      passedOver: this.passedOver,
      subjects: this.subjects.size,
      hits: this.hits,
      subjectsHit: this.subjectsHit.size,
      silenced: this.silenced,
      errors: this.errors,
      days: [...this.days.values()].sort(
        (a, b) => compareText(a.day, b.day) || compareText(a.class, b.class),
      ),
      hitsDigest: this.hitsDigest.toString('hex'),
      samples: this.samples,
      armed: against as BackTestResult['armed'],
      isVacuous: isKindStored && this.records + this.silences === 0,
    };
  }

  private count(verdict: Verdict, target: Target): void {
    this.hits += 1;
    this.subjectsHit.add(target.subjectId);
    this.hitsDigest = sha256(this.hitsDigest, verdict.findingId);
    const day = dayOf(verdict.observedAtMs, this.rule.zone);
    const name = `${day}\n${target.class}`;
    const known = this.days.get(name);
    if (known === undefined) this.days.set(name, { day, class: target.class, hits: 1 });
    else known.hits += 1;
    keepSample(this.samples, hitOf(verdict, target));
  }
}

/** A set of subjects' numbers, which come mostly ascending and often the same again. */
class NumberSet {
  private readonly numbers = new Set<number>();
  private last = -1;

  add(number: number): void {
    if (number === this.last) return;
    this.last = number;
    this.numbers.add(number);
  }

  get size(): number {
    return this.numbers.size;
  }
}

/** Two versions find the same when the same record, or the same silence, completed it; their ids differ by version. */
function sameMoment(verdict: Verdict): string {
  return `${verdict.completedBy}/${verdict.evidence.silentSinceMs === null ? '' : verdict.observedAtMs}`;
}

function keepSample(samples: Hit[], hit: Hit): void {
  if (samples.length >= MOST_SAMPLES) return;
  if (samples.filter(each => each.subjectId === hit.subjectId).length < MOST_OF_ONE) samples.push(hit);
}

function hitOf(verdict: Verdict, { subjectId }: Target): Hit {
  const { findingId, key, completedBy, observedAtMs, evidence } = verdict;
  return { findingId, subjectId, key, completedBy, observedAtMs, evidence };
}

function dayOf(atMs: number, zone: string): string {
  const shifted = atMs + (zoneNamed(zone)?.offsetMs(atMs) ?? 0);
  return new Date(shifted).toISOString().slice(0, 10);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

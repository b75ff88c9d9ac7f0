import type { Verdict } from '../../rules/judge-key.ts';

export type BackTestCode =
  | 'back-test-not-found'
  | 'back-test-ended'
  | 'back-test-span-invalid'
  | 'back-test-too-many'
  | 'back-test-subject-unknown'
  | 'back-test-class-unknown'
  | 'rule-not-back-tested';

export type BackTestState = 'waiting' | 'running' | 'finished' | 'canceled' | 'failed' | 'broken-off';

/** Whom a back-test is about; both absent: everybody. */
export interface Chosen {
  readonly class?: string;
  readonly references?: readonly string[];
}

/** What is asked for: a rule's text over `[fromMs, toMs)`. */
export interface BackTestAsked {
  readonly partyId: number;
  readonly ruleId: string;
  readonly version: string;
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly chosen: Chosen;
  readonly actor: string;
  readonly atMs: number;
}

/** A back-test as it is kept. `done` and `total` count subjects, or records when the rule is keyed by a field. */
export interface BackTest {
  readonly backTestId: number;
  readonly partyId: number;
  readonly ruleId: string;
  readonly version: string;
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly chosen: Chosen;
  readonly state: BackTestState;
  readonly askedBy: string;
  readonly askedAtMs: number;
  readonly endedAtMs: number | null;
  readonly isCanceled: boolean;
  readonly done: number;
  readonly total: number | null;
  readonly fault: string | null;
  readonly result: BackTestResult | null;
}

/** One hit, with all that its condition and guards read. */
export interface Hit {
  readonly findingId: string;
  readonly subjectId: number;
  readonly key: string;
  readonly completedBy: string;
  readonly observedAtMs: number;
  readonly evidence: Verdict['evidence'];
}

/** A day of the rule's zone and a class of subject. */
export interface DayHits {
  readonly day: string;
  readonly class: string;
  readonly hits: number;
}

/** Against the version that was armed when the back-test ran, over the same records. */
export interface Against {
  readonly version: string;
  /** What both find, what only the new one would, what only the armed one does. */
  readonly kept: number;
  readonly added: number;
  readonly lost: number;
  /** The same by key: another threshold finds the same card by another record. */
  readonly keysKept: number;
  readonly keysAdded: number;
  readonly keysLost: number;
  readonly addedSamples: readonly Hit[];
  readonly lostSamples: readonly Hit[];
}

export interface BackTestResult {
  /** Records of the span that were judged, and silences that fell due in it. */
  readonly records: number;
  readonly silences: number;
  readonly passedOver: number;
  readonly subjects: number;
  readonly hits: number;
  readonly subjectsHit: number;
  /** By guard: how often it alone or with others kept the rule silent. */
  readonly silenced: Readonly<Record<string, number>>;
  /** By place in the rule: how often it could not be evaluated. */
  readonly errors: Readonly<Record<string, number>>;
  readonly days: readonly DayHits[];
  /** SHA-256, in hex, chained over the ids of all hits in the order they were found. */
  readonly hitsDigest: string;
  readonly samples: readonly Hit[];
  /** `none`: nothing was armed; `same`: this very version is; `other-key`: the two cannot be laid side by side. */
  readonly armed: Against | 'none' | 'same' | 'other-key';
  /** No record of the kind the rule reads lay in the span though some are stored: it proves nothing. */
  readonly isVacuous: boolean;
}

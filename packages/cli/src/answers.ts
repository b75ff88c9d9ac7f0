/**
 * The answers of the server as this client reads them: JSON, camelCase. Every field may be missing (an older
 * or newer server), so each is optional; identifiers are strings, database numbers are numbers.
 */

/** Milliseconds since the Unix epoch, or RFC 3339 text. */
export type Instant = number | string;

/** A name in both languages. */
export interface Named {
  readonly en?: string;
  readonly zh?: string;
}

export interface Page<Item> {
  readonly items?: readonly Item[];
  /** Opaque; handed back as `?after=`. Null or absent at the end. */
  readonly next?: string | null;
}

/** RFC 9457. `mend` is the sentence that says what to do next. */
export interface Problem {
  readonly type?: string;
  readonly title?: string;
  readonly status?: number;
  readonly detail?: string;
  readonly mend?: string;
  readonly code?: string;
  readonly subject?: string;
  /** Names the request in the server's log. */
  readonly instance?: string;
  /** What the refusal knows: the place, what was found there, what was wanted. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
  /** What of a request did not fit its schema. */
  readonly faults?: readonly { readonly at?: string; readonly message?: string }[];
}

/** POST /login {email, password, newPassword?}. A one-time password without `newPassword` is answered by the problem `new-password-needed`. */
export interface SignedIn {
  readonly token?: string;
  readonly expiresAt?: Instant;
}

/** GET /me */
export interface Me {
  readonly userId?: string;
  readonly label?: string;
  readonly partyId?: number;
  readonly party?: Named | string;
  readonly roles?: readonly string[];
  readonly scopes?: readonly string[];
}

/** GET /formats */
export interface Format {
  readonly name?: string;
  /** Faults of a profile that says nothing, as sentences: what must be said. */
  readonly needs?: readonly string[];
}

/** GET /sources */
export interface Source {
  readonly id?: number;
  readonly name?: string;
  readonly format?: string;
  readonly profile?: Readonly<Record<string, unknown>>;
  readonly watermark?: Instant | null;
  readonly lastBatchAt?: Instant | null;
  /** A leap of its volumes as between two units that nobody has answered for; null where there is none. */
  readonly volumes?: { readonly direction?: string; readonly times?: number; readonly since?: string } | null;
  readonly createdAt?: Instant;
  readonly retiredAt?: Instant | null;
}

/** POST and GET /sources/:id/hooks */
export interface Hook {
  readonly id?: string;
  readonly path?: string;
  readonly scheme?: string;
  readonly header?: string;
  /** Told once, when it is made. */
  readonly secret?: string;
  readonly endedAt?: Instant | null;
}

/** POST /sources/:id/batches, GET /batches */
export interface Batch {
  readonly id?: number;
  readonly sourceId?: number;
  readonly name?: string;
  readonly state?: string;
  readonly received?: number;
  readonly accepted?: number;
  readonly duplicate?: number;
  readonly quarantined?: number;
  readonly flags?: readonly { readonly code?: string; readonly detail?: Readonly<Record<string, unknown>> }[];
  readonly openedAt?: Instant;
  readonly closedAt?: Instant | null;
}

/** POST /sources/:id/records */
export interface Posted {
  readonly batchId?: number;
  readonly accepted?: number;
  readonly duplicate?: number;
  readonly quarantined?: number;
  readonly records?: ReadonlyArray<{
    readonly outcome?: string;
    readonly place?: string;
    readonly reason?: string;
    readonly detail?: Readonly<Record<string, unknown>>;
  }>;
}

interface UsageTally {
  readonly records?: number;
  /** By counter; a counter that no record stated is absent. */
  readonly figures?: Readonly<Record<string, number>>;
  readonly marks?: Readonly<Record<string, number>>;
}

/** A day, or a running counter. */
export interface UsageRow extends UsageTally {
  readonly day?: string;
  readonly series?: string;
  readonly sourceId?: number;
}

export interface UsageOfKind extends UsageTally {
  readonly kind?: string;
  readonly counters?: readonly string[];
  readonly days?: readonly UsageRow[];
  readonly series?: readonly UsageRow[];
}

/** GET /subjects/:id/usage */
export interface SubjectUsage {
  readonly subject?: { readonly id?: number; readonly kind?: string; readonly reference?: string };
  readonly usage?: readonly UsageOfKind[];
}

/** GET /quarantine (without raw) and /quarantine/:id */
export interface Quarantined {
  readonly id?: number;
  readonly sourceId?: number;
  readonly batchId?: number;
  readonly recordNo?: number;
  readonly place?: string;
  readonly reason?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly state?: string;
  /** The record as text, when its format is text. */
  readonly text?: string | null;
  /** The record's bytes, base64. */
  readonly raw?: string;
  readonly createdAt?: Instant;
}

/** POST /imports/:name */
export interface ImportReport {
  readonly name?: string;
  readonly rows?: number;
  readonly registered?: number;
  readonly unchanged?: number;
  readonly refusedCount?: number;
  /** The first of them. */
  readonly refused?: readonly { readonly place?: string; readonly reason?: string }[];
  /** Claims that several subjects bear at once; they name nobody until that is mended. */
  readonly contestedCount?: number;
  readonly contested?: readonly string[];
}

export interface ImportKind {
  readonly name?: string;
  readonly columns?: readonly string[];
}

export interface SubjectRef {
  readonly id?: number;
  readonly kind?: string;
  readonly reference?: string;
}

/** GET /findings, /findings/:id */
export interface Finding {
  readonly id?: string;
  readonly ruleId?: string;
  readonly ruleVersion?: string;
  readonly title?: Named;
  readonly subject?: SubjectRef;
  readonly key?: string;
  readonly observedAt?: Instant;
  readonly judgedAt?: Instant;
  readonly severity?: string;
  readonly historical?: boolean;
  readonly standing?: string;
  readonly caseId?: number | null;
  readonly evidence?: unknown;
  readonly standings?: readonly {
    readonly standing?: string;
    readonly at?: Instant;
    readonly reason?: string;
  }[];
}

/** GET /cases, /cases/:id (with acts, clocks, findings, measures) */
export interface Case {
  readonly id?: number;
  readonly ruleId?: string;
  readonly title?: Named;
  readonly subject?: SubjectRef;
  readonly state?: string;
  readonly severity?: string;
  readonly ownerId?: string | null;
  readonly ownerLabel?: string | null;
  readonly openedAt?: Instant;
  readonly closedAt?: Instant | null;
  readonly closeReason?: string | null;
  readonly findingCount?: number;
  readonly nextDueAt?: Instant | null;
  readonly suggests?: string | null;
  readonly acts?: readonly CaseAct[];
  readonly clocks?: readonly CaseClock[];
  readonly findings?: readonly Finding[];
  readonly measures?: readonly Measure[];
}

export interface CaseAct {
  readonly id?: number;
  readonly at?: Instant;
  readonly kind?: string;
  /** What people call the clock, the rung or the measure it is about. */
  readonly about?: Named;
  readonly actor?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface CaseClock {
  readonly clockId?: string;
  readonly title?: Named;
  readonly catalogue?: string;
  readonly zone?: string;
  readonly armedAt?: Instant;
  readonly dueAt?: Instant;
  readonly state?: string;
  readonly endedAt?: Instant | null;
}

/** GET /measures, /measures/:id (with steps) */
export interface Measure {
  readonly id?: number;
  readonly caseId?: number;
  readonly kind?: string;
  readonly title?: Named;
  readonly subject?: SubjectRef;
  readonly provider?: string;
  readonly providerId?: number;
  readonly terms?: Readonly<Record<string, unknown>>;
  readonly state?: string;
  readonly dueAt?: Instant;
  readonly effectiveAt?: Instant | null;
  readonly decidedBy?: string;
  readonly decidedAt?: Instant;
  readonly steps?: readonly MeasureStep[];
}

export interface MeasureStep {
  readonly id?: number;
  readonly from?: string | null;
  readonly to?: string;
  readonly at?: Instant;
  readonly actor?: string;
  readonly proof?: unknown;
}

/** GET /measure-proposals, POST /cases/{id}/measure-proposals, POST /measure-proposals/{id}/decision */
export interface MeasureProposal {
  readonly id?: number;
  readonly caseId?: number;
  readonly kind?: string;
  readonly why?: string;
  readonly proposedBy?: string;
  readonly consents?: readonly string[];
  readonly decision?: string | null;
  readonly expiresAt?: string;
  /** False once it was decided or its time is over. */
  readonly waiting?: boolean;
}

/** GET and POST /clear-exports, POST /clear-exports/{id}/decision */
export interface ClearExport {
  readonly id?: number;
  readonly from?: Instant;
  readonly to?: Instant;
  /** Null for all sets. */
  readonly sets?: readonly string[] | null;
  readonly ground?: string;
  readonly reference?: string;
  readonly why?: string;
  readonly persons?: number;
  readonly proposedBy?: string;
  readonly decision?: string | null;
  readonly decidedBy?: string | null;
  readonly expiresAt?: Instant;
  readonly takeUntil?: Instant | null;
  readonly givenAt?: Instant | null;
  /** False once it was decided or its time is over. */
  readonly waiting?: boolean;
}

/** GET and POST /subjects/{id}/critical */
export interface Critical {
  readonly subjectId?: number;
  readonly critical?: boolean;
  readonly marks?: readonly {
    readonly deed?: string;
    readonly why?: string;
    readonly actor?: string;
    readonly at?: string;
    /** Until when a request to take the mark off waits. */
    readonly expiresAt?: string | null;
  }[];
}

/** GET /providers */
export interface Provider {
  readonly id?: number;
  readonly name?: string;
  readonly adapter?: string;
  readonly pausedUntil?: Instant | null;
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** GET and PUT /measure-policies */
export interface Policy {
  readonly ruleId?: string;
  readonly measure?: string;
  readonly mode?: string;
}

/** GET /rules, /rules/:id (with text) */
export interface Rule {
  readonly id?: string;
  readonly version?: string;
  readonly title?: Named;
  readonly severity?: string;
  readonly status?: string;
  readonly reads?: string;
  readonly suggests?: string | null;
  readonly armed?: boolean;
  readonly armedAt?: Instant | null;
  readonly armedBy?: string | null;
  readonly text?: string;
}

export interface BackTestHit {
  readonly findingId?: string;
  readonly subjectId?: number;
  /** What the subject is registered as. */
  readonly reference?: string | null;
  readonly key?: string;
  readonly observedAt?: Instant;
  readonly observedAtMs?: number;
  readonly evidence?: {
    readonly observation?: Readonly<Record<string, unknown>>;
    readonly bound?: Readonly<Record<string, unknown>>;
    readonly state?: Readonly<Record<string, unknown>>;
  };
}

export interface BackTestAgainst {
  readonly version?: string;
  readonly kept?: number;
  readonly added?: number;
  readonly lost?: number;
  readonly keysKept?: number;
  readonly keysAdded?: number;
  readonly keysLost?: number;
  readonly addedSamples?: readonly BackTestHit[];
  readonly lostSamples?: readonly BackTestHit[];
}

/** POST and GET /rules/:id/back-tests, /rules/:id/back-tests/:number (with `result`) */
export interface BackTest {
  readonly id?: number;
  readonly ruleId?: string;
  readonly version?: string;
  readonly from?: Instant;
  readonly to?: Instant;
  readonly state?: string;
  readonly askedBy?: string;
  readonly done?: number;
  readonly total?: number | null;
  readonly fault?: string | null;
  readonly records?: number | null;
  readonly hits?: number | null;
  readonly result?: {
    readonly records?: number;
    readonly silences?: number;
    readonly subjects?: number;
    readonly hits?: number;
    readonly subjectsHit?: number;
    readonly silenced?: Readonly<Record<string, number>>;
    readonly errors?: Readonly<Record<string, number>>;
    readonly days?: readonly { readonly day?: string; readonly class?: string; readonly hits?: number }[];
    readonly samples?: readonly BackTestHit[];
    readonly armed?: BackTestAgainst | string;
    readonly isVacuous?: boolean;
  } | null;
}

/** GET /status */
export interface RadiusCounts {
  readonly port?: number;
  readonly clients?: number;
  readonly answered?: number;
  readonly repeated?: number;
  readonly waiting?: number;
  readonly unknownClient?: number;
  readonly malformed?: number;
  readonly badAuthenticator?: number;
  readonly otherCode?: number;
  readonly withheld?: number;
}

export interface Status {
  readonly version?: string;
  /** What runs beside HTTP, where it is switched on. */
  readonly live?: { readonly radius?: RadiusCounts };
  readonly demo?: boolean;
  readonly startedAt?: Instant;
  readonly database?: {
    readonly kind?: string;
    readonly version?: string;
    readonly durable?: boolean;
    readonly fsync?: string;
    readonly synchronousCommit?: string;
    readonly fullPageWrites?: string;
  };
  /** By how much the server's clock is behind what its ledger signed; 0 when it is not. */
  readonly clockBehindMs?: number;
  readonly judge?: {
    readonly waitingChunks?: number;
    readonly waitingRecords?: number;
    readonly isOwner?: boolean;
  };
  readonly ledger?: {
    readonly origin?: string;
    readonly treeSize?: number;
    /** Why the ledger stands still, if it does. */
    readonly refusal?: string | null;
    /** What it lacks to be signed on, and from which time. */
    readonly missing?: {
      readonly databaseSize?: number;
      readonly newestSize?: number;
      readonly entries?: number;
      readonly since?: string | null;
      readonly until?: string | null;
    } | null;
  };
  readonly counts?: Readonly<Record<string, number>>;
  /** The watch after blocks; null where there is none. */
  readonly storm?: Readonly<Record<string, number>> | null;
  readonly sources?: readonly (Source & { readonly lagMs?: number | null; readonly health?: string })[];
}

/** GET /ledger/proofs?object= */
export interface LedgerProof {
  /** Null while the entry has no number yet. */
  readonly index?: number | null;
  /** `staged`, `sequenced` or `checkpointed`. */
  readonly state?: string;
  readonly object?: string;
  readonly act?: string;
  /** The entry's bytes, base64. */
  readonly entry?: string;
  /** `c2sp.org/tlog-proof@v1` text; null until a checkpoint covers the entry. */
  readonly proof?: string | null;
}

/** GET /cases/:id/evidence: all that repeating the verdict offline needs. */
export interface Evidence {
  readonly case?: Case;
  readonly findings?: readonly Finding[];
  readonly rules?: readonly { readonly id?: string; readonly version?: string; readonly text?: string }[];
  /** Stored observations in the order of judging. */
  readonly observations?: readonly unknown[];
  /** Aliases, links and dated facts with their validity. */
  readonly restrictions?: unknown;
  /** Opened salts of the commitments that the proved entries hold. */
  readonly salts?: unknown;
  readonly proofs?: readonly LedgerProof[];
  readonly checkpoint?: string;
  /** The ledger's verifier key (vkey). */
  readonly ledgerKey?: string;
}

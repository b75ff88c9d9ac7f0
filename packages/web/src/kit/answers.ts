/** What the server answers, as far as the console reads it. Instants are milliseconds since 1970 or RFC 3339. */
export type Instant = number | string;

export interface Both {
  readonly en: string;
  readonly zh: string;
}

export interface List<Row> {
  readonly items: readonly Row[];
  readonly next: string | null;
}

export interface Me {
  readonly label: string;
  readonly lacksSecondFactor?: boolean;
}

export interface SubjectNamed {
  readonly id: number;
  readonly kind: string;
  readonly reference: string;
}

export interface Finding {
  readonly id: string;
  readonly ruleId: string;
  readonly ruleVersion?: string;
  readonly title?: Both;
  readonly subject?: SubjectNamed | null;
  readonly key?: string;
  readonly observedAt: Instant;
  readonly severity: string;
  readonly historical?: boolean;
  readonly standing: string;
  readonly caseId?: number | null;
  readonly evidence?: unknown;
}

export interface Clock {
  readonly clockId: string;
  readonly title?: Both;
  readonly zone?: string;
  readonly dueAt: Instant;
  readonly state: string;
}

export interface Step {
  readonly to: string;
  readonly at: Instant;
}

export interface Measure {
  readonly id: number;
  readonly kind: string;
  readonly title?: Both;
  readonly state: string;
  readonly provider?: string;
  readonly providerId?: number;
  readonly dueAt?: Instant | null;
  readonly decidedBy?: string;
  readonly steps?: readonly Step[];
}

export interface Proposal {
  readonly id: number;
  readonly kind: string;
  readonly why: string;
  readonly proposedBy: string;
  readonly consents: readonly string[];
  readonly expiresAt: Instant;
}

export interface Act {
  readonly id: number;
  readonly at: Instant;
  readonly kind: string;
  readonly actor?: string;
  readonly about?: Both;
  readonly detail?: Readonly<Record<string, unknown>> | null;
}

export interface Case {
  readonly id: number;
  readonly ruleId: string;
  readonly title?: Both;
  readonly subject?: SubjectNamed | null;
  readonly severity: string;
  readonly state: string;
  readonly ownerLabel?: string | null;
  readonly ownerId?: string | null;
  readonly openedAt: Instant;
  readonly closedAt?: Instant | null;
  readonly closeReason?: string | null;
  readonly nextDueAt?: Instant | null;
  readonly suggests?: string | { readonly kind: string } | null;
  readonly clocks?: readonly Clock[];
  readonly measures?: readonly Measure[];
  readonly findings?: readonly Finding[];
  readonly acts?: readonly Act[];
}

export interface BatchPreview {
  readonly members: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly items: readonly {
    readonly place: number;
    readonly given: string;
    readonly subject?: SubjectNamed | null;
    readonly outcome: string;
    readonly reason: string | null;
  }[];
}

export interface Source {
  readonly id: number;
  readonly name: string;
  readonly format: string;
  readonly health?: string;
  readonly watermark: Instant | null;
  /** Where its volumes leapt as between two units, until somebody answers for it (CR-27). */
  readonly volumes?: {
    readonly direction: 'up' | 'down';
    readonly times: number;
    readonly since: Instant;
  } | null;
}

export interface Status {
  readonly database?: {
    readonly kind?: string;
    readonly version?: string;
    readonly durable?: boolean;
    readonly fsync?: string;
    readonly synchronousCommit?: string;
    readonly fullPageWrites?: string;
  };
  readonly judge?: { readonly waitingRecords?: number; readonly isOwner?: boolean };
  readonly ledger?: {
    readonly refusal?: string | null;
    readonly missing?: {
      readonly entries: number;
      readonly databaseSize: number;
      readonly newestSize: number;
      readonly since?: Instant | null;
      readonly until?: Instant | null;
    } | null;
  };
  readonly clockBehindMs?: number;
  readonly counts?: Readonly<Record<string, number>>;
  readonly sources?: readonly Source[];
}

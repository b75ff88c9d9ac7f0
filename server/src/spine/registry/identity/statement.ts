/**
 * Whether a subject is who it says it is: the one fact that whoever verifies identities (the vault) hands to
 * whoever must not act without it (the gate before sale). No personal data is in it.
 */
export interface IdentityStatement {
  /** A holder, a seller or another subject of the registry; the statement belongs to that subject's party. */
  readonly subjectId: number;
  /** `verified` until `untilMs`; `failed` and `withdrawn` end what was verified before, at once. */
  readonly outcome: 'verified' | 'failed' | 'withdrawn';
  readonly person: 'natural' | 'unit';
  /**
   * Blind index of the identity, 16 to 64 bytes: equal for one identity document whatever subjects stand for it,
   * so that cards of one identity are counted together (C-04). Null where nothing was verified.
   */
  readonly identityKey: Buffer | null;
  /** How, in lower case with hyphens: `liveness`, `in-person`, `document-check`. */
  readonly method: string;
  /** Where the proof lies, as an object of ours: `verification/12`. */
  readonly evidence: string;
  readonly untilMs: number;
  /** `person/…`, `key/…`, or the name of the job that verified. */
  readonly statedBy: string;
}

/** A statement as it stands; when it was stated is the database's clock. */
export interface IdentitySeen extends Omit<IdentityStatement, 'subjectId' | 'identityKey'> {
  readonly statedAtMs: number;
  /** The last one, `verified`, and not over by the database's clock. */
  readonly isInForce: boolean;
}

/**
 * The nouns every station downstream shares. Identifiers are strings always; instants are integer
 * milliseconds UTC; volumes are integer bytes within 2^53.
 */

/** The value of one field of an observation's body. `null` and absence both mean "the record did not say" (C-21). */
export type FieldValue = string | number | boolean | null;
export type Body = Readonly<Record<string, FieldValue>>;

/** How far a record's time can be trusted: said with its zone, in the source's declared zone, derived from others, or taken from receipt. */
export type TimeMark = 'stated' | 'zone-declared' | 'derived' | 'receipt' | 'implausible';

/** What a format makes of one record, before the spine gives it a digest and a place. */
export interface Reading {
  readonly kind: string;
  /** The canonical identifier the record names its subject by: `iccid:8944…`, `imsi:2620…`. */
  readonly claim: string;
  /** Further identifiers the same record states for the same subject; they become aliases only when the profile says the source may state them. */
  readonly alsoClaims?: readonly string[];
  /** Undefined when the record carries no time: the spine then takes the time of receipt. */
  readonly observedAtMs?: number;
  readonly timeMark: TimeMark;
  /** Offset from UTC that was applied, in minutes. */
  readonly offsetMin?: number;
  /** Name of the running counter the figures belong to (a session); absent when the figures are already deltas. */
  readonly series?: string;
  readonly body: Body;
  /** What makes the record itself again when it is sent twice: the provider's record id, or nothing (then the raw bytes). */
  readonly recordId?: string;
  /** Remarks that travel with the record: `svn-only`, `wrap-assumed`, `luhn-bad`. */
  readonly flags?: readonly string[];
}

/** A record that could not be read: it goes to quarantine with its place and its reason, never to the floor. */
export interface Unread {
  readonly place: string;
  readonly reason: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

/** One record of a batch as its format cut it out. */
export interface Cut {
  /** Number of the record in its batch, from 1. */
  readonly recordNo: number;
  /** The record's own bytes, for the digest and for quarantine. */
  readonly raw: Uint8Array;
  readonly outcome: { readonly reading: Reading } | { readonly unread: Unread };
  /**
   * Bytes which, put before and after `raw`, make a file of this one record that the format reads: a header
   * line, a file's head and end. Absent when the record stands for itself. Used by replay from quarantine.
   */
  readonly frame?: { readonly before: Uint8Array; readonly after: Uint8Array };
}

/** What the whole file said of itself against what was found: an audit mismatch, a missing header. */
export interface FileFlag {
  readonly code: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

/** Where an accepted observation stands in the order of judging: (observedAtMs, sourceId, digest). */
export interface Observation {
  readonly digest: string;
  readonly sourceId: number;
  readonly partyId: number;
  readonly chunkId: number;
  readonly kind: string;
  readonly claim: string;
  readonly observedAtMs: number;
  readonly timeMark: TimeMark;
  readonly series: string | null;
  readonly body: Body;
}

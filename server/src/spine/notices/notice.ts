/** What a subscriber may be told of. */
export const TOPICS = ['finding', 'case', 'measure'] as const;
export type Topic = (typeof TOPICS)[number];

/** Why the station says no. */
export type NoticeCode = 'subscriber-unknown' | 'subscriber-address-refused' | 'subscribers-too-many';

/** What an operator decides about where notices may go. */
export interface NoticeSettings {
  /** Networks of one's own that may be reached though they are not public, `10.1.0.0/16`. */
  readonly networks: readonly string[];
  /** Whether plain http will do. */
  readonly allowsHttp: boolean;
}

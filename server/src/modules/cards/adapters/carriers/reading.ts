/**
 * What a state of theirs comes to: the card works; it is stopped and may work again; it is ended for good; it is of a
 * known kind that neither works in the field nor is stopped (stock, test); nobody here knows it.
 */
export type Standing = 'working' | 'restricted' | 'ended' | 'idle' | 'unknown';

/** A card as a carrier has it now. */
export interface Reading {
  readonly standing: Standing;
  /** Their own word for it. */
  readonly word: string;
  /** Since when, in milliseconds since the Unix epoch; null where they do not say. */
  readonly sinceMs: number | null;
  /** What they call the card by in orders. */
  readonly handle: string;
  /** Whether it is held to the slowest the carrier has; absent where the contract has nothing of the kind. */
  readonly limited?: boolean;
  /** What they call the device the card is in, where use is counted by it; absent where the card is in none. */
  readonly device?: string;
}

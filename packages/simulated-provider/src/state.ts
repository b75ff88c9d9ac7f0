/** What the simulated platform remembers; one JSON document, integers and strings only. */

export type Action = 'suspend' | 'resume';
export type RejectKind = 'temporary-reject' | 'permanent-reject';
export type CardState = 'active' | 'suspended';

export interface Card {
  state: CardState;
  /** The kind of block in force; null while active. */
  kind: RejectKind | null;
  sinceMs: number;
  attemptsAccepted: number;
  /** Attempts turned away since the card came into its present state. */
  attemptsRefused: number;
  lastRefusedMs: number | null;
}

export interface OrderCard {
  iccid: string;
  result: 'queued' | 'done' | 'refused';
  reason: string | null;
  /** When a queued card is worked, in milliseconds since the Unix epoch. */
  dueMs: number;
  atMs: number | null;
}

export interface Order {
  orderId: string;
  idempotencyKey: string;
  action: Action;
  kind: RejectKind;
  cards: OrderCard[];
  /** How many times the order was handed in, repeats included. */
  submissions: number;
  receivedMs: number;
}

/** One change that really happened to a card; the count of these is what "nothing doubled" is measured on. */
export interface Effect {
  idempotencyKey: string;
  orderId: string;
  iccid: string;
  action: Action;
  atMs: number;
}

export interface Behaviour {
  /** How long a card waits before it is worked. */
  delayMs: number;
  /** Share of cards refused, from 0 to 100 percent; drawn from `seed`, the key and the card, so a repeat is refused alike. */
  refuseRate: number;
  refuseCards: string[];
  /** When true, each finished card stands twice in an order's results. */
  repeatAnswers: boolean;
  /** How many cards of an order are worked per `delayMs`; 0 means all at once. */
  partialBatch: number;
  /** How many of the next orders are taken without the answer reaching the caller. */
  dropAnswers: number;
  seed: number;
}

export interface State {
  behaviour: Behaviour;
  orders: Order[];
  cards: Record<string, Card>;
  effects: Effect[];
}

export function emptyState(): State {
  return {
    behaviour: {
      delayMs: 0,
      refuseRate: 0,
      refuseCards: [],
      repeatAnswers: false,
      partialBatch: 0,
      dropAnswers: 0,
      seed: 1,
    },
    orders: [],
    cards: {},
    effects: [],
  };
}

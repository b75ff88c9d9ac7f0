import type { Chance } from './chance.ts';
import type { ClassProfile } from './classes.ts';
import type { Fact } from './facts.ts';
import type { Plan } from './plan.ts';

/** `usage` tells each record's own share; `sessions` tells running totals of data sessions. */
export type Feed = 'usage' | 'sessions';

export interface SimulatedCard {
  readonly index: number;
  readonly iccid: string;
  readonly imsi: string;
  readonly msisdn: string;
  readonly profile: ClassProfile;
  readonly feed: Feed;
  readonly contract: 'month' | 'day' | 'open';
  /** 14 digits and the software version, as networks report it. */
  readonly imeisv: string;
  /** The device it moves to, if its script moves it. */
  readonly otherImeisv: string;
  readonly plmn: string;
  readonly homeLatE6: number;
  readonly homeLonE6: number;
  /** The volume of the month, or of the day, that its contract allows. */
  readonly capBytes: number;
  readonly dayCapBytes: number;
  readonly script: Script | null;
  /** Its number in its script's group, and the group's first card. */
  readonly member: number;
  readonly first: number;
  /** The day and moment at which its script turns. */
  readonly turnDay: number;
  readonly turnMs: number;
}

/** One piece of use of one card, as a feed will tell it. -1, '' and NaN stand for "not stated". */
export interface Use {
  id: string;
  readonly card: SimulatedCard;
  /** When it happened. */
  atMs: number;
  /** What the record says of that: the moment itself, another one, or nothing. */
  statedMs: number | null;
  /** The moment it is judged at: its own, or that of its file's receipt where it states no plausible one. */
  judgedAtMs: number;
  service: 'data' | 'sms' | 'voice';
  event: 'start' | 'interim' | 'stop' | 'event' | 'refused';
  /** 16 digits, the software version last. */
  imeisv: string;
  plmn: string;
  /** The session whose running totals the volumes are; '' in the feed `usage`. */
  session: string;
  bytesUp: number;
  bytesDown: number;
  smsCount: number;
  voiceSeconds: number;
  durationSeconds: number;
  latE6: number;
  lonE6: number;
  accuracyM: number;
  direction: string;
  peer: string;
  peerKind: string;
  cell: string;
  destination: string;
  application: string;
  cause: string;
  area: string;
  account: string;
}

/** Rows of tables by the columns' names, as the imports of the server want them. */
export type Row = Readonly<Record<string, string>>;

export type TableName =
  | 'contracts'
  | 'cards'
  | 'bindings'
  | 'pools'
  | 'swap-windows'
  | 'campaigns'
  | 'outages';

export type Rows = Partial<Record<TableName, readonly Row[]>>;

/** One day of one card, before and after its script. */
export interface Day {
  readonly card: SimulatedCard;
  readonly plan: Plan;
  readonly day: number;
  readonly luck: Chance;
  /** As the card's class would have it. */
  readonly usual: readonly Use[];
}

/** What is planted on a card or on a few at once: misuse, or an innocent look-alike of it. */
export interface Script {
  readonly kind: string;
  /** The rule that must find it; of a look-alike the one that must not. */
  readonly rule: string;
  readonly isMisuse: boolean;
  /**
   * Of a look-alike: the guard that alone keeps the rule silent, or `state.NAME` where the condition of that state
   * does; null where a threshold or the reading does.
   */
  readonly guard: string | null;
  /** Rules that rightly find the same misuse as well. */
  readonly also: readonly string[];
  /** Without one of them nobody can see the misuse, or that the look-alike is innocent. */
  readonly needs: readonly Fact[];
  readonly cards: number;
  readonly classes: readonly string[];
  readonly feed: Feed;
  readonly contract: 'month' | 'day' | 'open';
  /** Since when the misuse lasts: the turning moment, the first record, or the record that shows it. */
  readonly begins: 'turn' | 'start' | 'shown';
  /** Records of its days are never held back, for the moment of their receipt is part of the script. */
  readonly isPunctual: boolean;
  /** Digits of the device's type: another than the class's. */
  readonly tac: string | null;
  /** Cards of the script share one device. */
  readonly isOneDevice: boolean;
  /** Columns of the card's own row. */
  own(card: SimulatedCard, plan: Plan): Row;
  rows(card: SimulatedCard, plan: Plan): Rows;
  uses(day: Day): readonly Use[];
  /** Asked of the card's records in the order of judging: whether this is the first that can show the misuse. */
  watch(card: SimulatedCard, plan: Plan): (use: Use) => boolean;
}

import type { Database, Tx } from '../../kernel/database/transaction.ts';
import type { Logger } from '../../kernel/log.ts';
import type { Clock } from '../../kernel/time.ts';
import type { CaseDesk } from '../cases/case.ts';
import type { LadderCatalogue } from './ladder/ladder.ts';
import type { Measure, MeasureKind, ProviderSettings, Terms } from './measure.ts';

/** An order as an adapter sends it. */
export interface Order {
  /** The same for every repetition of the same order; the provider acts on it once. */
  readonly orderKey: string;
  /** The provider's word for the deed: a kind's `applies` or `lifts`. */
  readonly action: string;
  /** What the provider knows the subject by: an ICCID. */
  readonly reference: string;
  readonly terms: Terms;
}

/** The provider's first answer. Without one, an adapter throws, and the order is sent again. */
export type Submission =
  | { readonly taken: true; readonly providerOrder: string }
  | { readonly taken: false; readonly reason: string };

/** What became of one subject of an order; `already` when it was in that state before, which is success. */
export type Outcome =
  /** With a `reason` where the provider shows a state nobody here knows: it is told on the case, once. */
  | { readonly state: 'queued'; readonly reason?: string }
  | { readonly state: 'done'; readonly already: boolean }
  | { readonly state: 'refused'; readonly reason: string };

/** The subject as the provider has it now; instants in milliseconds since the Unix epoch. */
export interface ProviderState {
  readonly restricted: boolean;
  readonly sinceMs: number;
  /** Attempts turned away since then. */
  readonly refusedAttempts: number;
  readonly lastRefusedMs: number | null;
  /** Why `restricted` says nothing: the provider shows a state nobody here knows. Told on the case, once. */
  readonly unclear?: string;
}

/** A provider's other side. Each call may take long, fail, or be answered twice; none is made inside a transaction. */
export interface MeasurePort {
  submit(order: Order): Promise<Submission>;
  /** The outcome for the subject; `queued` when the provider has not said anything of it yet. */
  outcome(providerOrder: string, reference: string): Promise<Outcome>;
  /** As far as the deed is concerned, the provider's word for it; where none is named, whether the card is stopped. */
  state(reference: string, action?: string): Promise<ProviderState>;
  /** Cards of the account with the provider's own words, a page at a time; absent where its contract has none. */
  cards?(after: string | null): Promise<CardPage>;
  /** The card as the provider has it, in its own word; null when the account has no such card. */
  standing?(reference: string): Promise<CardStanding | null>;
  /** What profiles of the account leave open unless somebody closes it; absent where its contract has none. */
  defaults?(): Promise<readonly ProviderDefault[]>;
  /** Closes what a profile of the account leaves open. */
  closeDefaults?(profile: string): Promise<void>;
  /** What the provider counts for the card in its current period; absent where its contract has none. */
  usage?(reference: string): Promise<CardUsage>;
  /**
   * What the provider counts for the card on each of some UTC days, `2026-11-25`, both ends included; a day that is not
   * there counts nothing. Null for a card it does not count; absent where its contract counts by no day.
   */
  days?(reference: string, first: string, last: string): Promise<readonly CountedDay[] | null>;
}

/** `MB` is 10^6 or 2^20 bytes, as the source of the same platform declares. */
export interface CountedDay {
  readonly day: string;
  readonly volume: number;
  readonly unit: 'B' | 'MB';
}

export interface CardStanding {
  readonly word: string;
  readonly standing: string;
  /** Whether it is held to the slowest there is; absent where the contract has nothing of the kind. */
  readonly limited?: boolean;
}

/** A setting of a profile that the provider opens by default. */
export interface ProviderDefault {
  readonly profile: string;
  readonly setting: string;
  readonly isOpen: boolean;
}

export interface CardPage {
  readonly items: readonly (CardStanding & { readonly reference: string })[];
  /** Where the next page begins; null after the last. */
  readonly next: string | null;
}

/** `bytes` is null where the provider says nothing of data; `exact` is false where its unit is not stated exactly. */
export interface CardUsage {
  readonly bytes: number | null;
  readonly exact: boolean;
  /** The period as the provider names it. */
  readonly period: string;
}

/** How an adapter reaches hosts of others, by the operator's rules; made by the house. */
export interface OutsideReach {
  /** What is wrong with an address as far as it shows without a name server; null when nothing is. */
  faultOf(url: string): string | null;
  /** Whether a connection may go to a network address. */
  mayReach(address: string): boolean;
  /** 32 bytes, kept outside the database, that seal what parties sign in with. */
  readonly sealKey: Uint8Array;
  /** The address others reach this installation by, without a slash at its end. */
  readonly ownUrl?: string;
}

/** What an adapter may need besides its settings: whose provider it is, and the house it works in. */
export interface AdapterDoors {
  readonly partyId: number;
  readonly providerId: number;
  readonly outside?: OutsideReach | undefined;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Makes the port for a provider's settings; a module brings one for each adapter name. */
export interface Adapter {
  (settings: ProviderSettings, doors: AdapterDoors): MeasurePort;
  /** Schemes of addresses the provider may have; `http:` and `https:` where it says nothing. */
  readonly schemes?: readonly string[];
  /** Whether accounts can be compared with what is wanted (C-07). */
  readonly tellsCards?: boolean;
  /** Whether accounts can be asked what they count for a card day by day (CR-24). */
  readonly countsDays?: boolean;
  /** How far back a list of the account's cards reaches, in days: a card that did not change since is not compared. */
  readonly looksBackDays?: number;
  /** What a party gives it to sign in with, by name; such an adapter reaches hosts outside, by the operator's rules. */
  readonly secrets?: readonly string[];
  /** The deeds its provider does, by a kind's `applies` and `lifts`; where it says nothing, the provider's answer tells. */
  readonly actions?: readonly string[];
  /** Which of the options can't be used, null when all can; an adapter without it takes none. */
  readonly faultOfOptions?: (options: Readonly<Record<string, string>>) => string | null;
  /** The version that is asked for unless the provider's settings name another; absent where paths have none. */
  readonly version?: string;
}

/** What was observed of a subject's traffic after a moment, by the time it happened. */
export interface Traffic {
  /** Records of traffic the network carried. */
  readonly accepted: number;
  readonly lastAcceptedMs: number | null;
  /** Records of attempts the network turned away. */
  readonly refused: number;
  readonly lastRefusedMs: number | null;
}

/** What the station of observations knows of a subject. */
export interface TrafficPort {
  /** Traffic observed strictly after `afterMs`. */
  trafficSince(tx: Tx, subjectId: number, afterMs: number): Promise<Traffic>;
  /**
   * How far the feeds that would carry the subject's traffic after `afterMs` have come: the earliest reach among
   * the sources that have ever carried a record of it, by any claim that still names it then. Null when there is
   * none, or when one of them does not tell. Silence up to there is knowledge, beyond it nothing.
   */
  watermarkOf(tx: Tx, subjectId: number, afterMs: number): Promise<number | null>;
}

/** How long what one person asked waits for another (C-44). */
export interface TwoPersonWaits {
  /** A measure that stops a critical subject. */
  readonly proposalMs: number;
  /** Taking a mark off. */
  readonly unmarkMs: number;
}

/** What the station is handed by the house. */
export interface MeasureDesk extends CaseDesk {
  /** Which deed follows which; without one no case stands on a ladder. */
  readonly ladders?: readonly LadderCatalogue[] | undefined;
  /** Three days each where nobody says otherwise. */
  readonly waits?: TwoPersonWaits | undefined;
  readonly kinds: readonly MeasureKind[];
  readonly adapters: Readonly<Record<string, Adapter>>;
  readonly outside?: OutsideReach | undefined;
}

/** What the jobs of the station need besides. */
export interface MeasureWorks extends MeasureDesk {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly traffic: TrafficPort;
  /** What a provider knows the subject by. */
  referenceOf(tx: Tx, subjectId: number): Promise<string>;
  /** Told after the commit that a measure changed, to refresh screens; never waits, never throws. */
  changed(measure: Measure): void;
}

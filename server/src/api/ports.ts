import type { StormStanding } from '../spine/measures/storm.ts';
import type { RuleWorld } from '../spine/rules/read-rule.ts';

/** What /api/v1/status, /readyz and /metrics report of the house. */
/** What waits at the door and behind it (E-05); counted by this process, save the judge's lag. */
export interface LoadReport {
  /** Posted records, and their bytes, that wait for their commit. */
  readonly waitingRecords: number;
  readonly waitingBytes: number;
  /** Accept commits that wait for their turn. */
  readonly waitingCommits: number;
  readonly uploads: number;
  /** Posts and uploads refused since the start because too much waited. */
  readonly refused: number;
  /** Accepted and not judged yet. */
  readonly judgeChunks: number;
  readonly judgeRecords: number;
}

export interface StatusDoor {
  /** Plain facts for people: version, database durability, judging position, ledger size. */
  describe(partyId: number): Promise<Readonly<Record<string, unknown>>>;
  /** Names of what isn't ready yet; empty when the server can serve. */
  notReady(): Promise<readonly string[]>;
  /** Where each witness of the ledger stands. */
  witnesses(): ReadonlyArray<{ readonly name: string; readonly trouble: string | null }>;
  load(): Promise<LoadReport>;
  /** How the watch after blocks stands, over all parties; null where there is none or the database is away (C-42). */
  storm(): Promise<StormStanding | null>;
  /** Sources whose volumes leapt as between units and that nobody has answered for; not a number while the database is away. */
  volumeJumps(): Promise<number>;
  /** What judging left out for a bound since the start, by reason. */
  leftOut(): ReadonlyMap<string, number>;
  /** Records each rule could not be evaluated on since the start, by rule id. */
  ruleErrors(): ReadonlyMap<string, number>;
  /** Records judged by each thread of judging since it was opened; empty where none does. */
  judgedBy(): readonly number[];
  /** How often the thread of each partition was lost since the start, by the partition's name. */
  threadsLost(): ReadonlyMap<string, number>;
}

/** What the routes of rules need of the house. */
export interface RulesDoor {
  /** Texts that ship in `content/rules`, by rule id. */
  readonly shipped: ReadonlyMap<string, string>;
  readonly world: RuleWorld;
}

import type { LoadReport, StatusDoor } from './api/ports.ts';
import type { Config } from './config.ts';
import type { OpenedDatabase } from './kernel/database/open.ts';
import type { Tx } from './kernel/database/transaction.ts';
import type { Logger } from './kernel/log.ts';
import type { Refusal } from './kernel/refusal.ts';
import { type Clock, instant, MINUTE_MS, rfc3339 } from './kernel/time.ts';
import type { LivePart } from './spine/contribution.ts';
import type { Judge } from './spine/judge.ts';
import type { LeftOutCount } from './spine/keys/left-out.ts';
import type { LedgerReader } from './spine/ledger/read.ts';
import type { Sequencer } from './spine/ledger/sequencer.ts';
import { behindSigned } from './spine/ledger/whole.ts';
import type { Cosigning } from './spine/ledger/witnesses/cosigning.ts';
import type { MeasureDesk } from './spine/measures/ports.ts';
import { stormStanding } from './spine/measures/storm.ts';
import { gatheringOf } from './spine/observations/gathered/gathering.ts';
import type { IntakeDoors } from './spine/observations/intake.ts';
import { lag } from './spine/observations/reader/store.ts';
import { listSources } from './spine/observations/sources.ts';
import { turnsOf } from './spine/observations/turns.ts';
import { uploadPlaces } from './spine/observations/upload-places.ts';
import { countJumps, jumpsOf, shownJump } from './spine/observations/volumes/volumes.ts';
import { overview } from './spine/views/overview.ts';

export const VERSION = '0.1.0';

/** A source that has said nothing for longer than this, in milliseconds, is shown as silent. */
const SILENT_MS = 24 * 3_600_000;

interface Parts {
  readonly config: Config;
  readonly clock: Clock;
  readonly opened: OpenedDatabase;
  readonly ledger: LedgerReader;
  readonly sequencer: Sequencer;
  readonly cosigning: Cosigning;
  readonly judge: Judge;
  readonly intake: IntakeDoors;
  readonly desk: MeasureDesk;
  readonly log: Logger;
  readonly leftOut: LeftOutCount;
  readonly ruleErrors: ReadonlyMap<string, number>;
  /** Records judged by each thread of judging since it was opened. */
  judgedBy(): readonly number[];
  /** How often the thread of each partition was lost. */
  readonly threadsLost: ReadonlyMap<string, number>;
  /** What modules run by themselves. */
  readonly liveParts: readonly LivePart[];
}

/** What the house says of itself, to people and to whatever watches it. */
export function statusDoor({
  config,
  clock,
  opened,
  ledger,
  sequencer,
  cosigning,
  judge,
  intake,
  desk,
  log,
  leftOut,
  ruleErrors,
  judgedBy,
  threadsLost,
  liveParts,
}: Parts): StatusDoor {
  const load = async (): Promise<LoadReport> => {
    const { waitingRecords, waitingBytes, refused } = gatheringOf(intake, log).state;
    const uploads = uploadPlaces.state;
    // Metrics are wanted most when the database is away.
    const unknown = { chunks: Number.NaN, records: Number.NaN };
    const judged = await opened.database.corridor(tx => lag(tx, 0)).catch(() => unknown);
    return {
      ...{ waitingRecords, waitingBytes, waitingCommits: turnsOf(opened.database).waiting },
      ...{ uploads: uploads.underWay, refused: refused + uploads.refused },
      ...{ judgeChunks: judged.chunks, judgeRecords: judged.records },
    };
  };
  const startedAt = rfc3339(clock.now());
  return {
    async describe(partyId) {
      const { database, durability } = opened;
      const { judgeChunks, judgeRecords, ...intakeLoad } = await load();
      const { counts, sources, jumps, storm } = await database.door(partyId, async tx => {
        const listed = await listSources(tx, 0, 500);
        return {
          counts: await overview(tx),
          sources: listed,
          jumps: await jumpsOf(
            tx,
            listed.map(each => each.sourceId),
          ),
          storm: await stormStanding(tx, desk, clock.now()),
        };
      });
      return {
        version: VERSION,
        demo: config.isDemo,
        mode: config.mode,
        startedAt,
        now: rfc3339(clock.now()),
        clockBehindMs: await database.corridor(tx => clockBehind(tx, clock.now())),
        database: {
          kind: opened.isEmbedded ? 'embedded' : 'operator',
          version: opened.serverVersion,
          durable: durability.durable,
          fsync: durability.fsync ? 'on' : 'off',
          synchronousCommit: durability.synchronousCommit,
          fullPageWrites: durability.fullPageWrites ? 'on' : 'off',
        },
        intake: intakeLoad,
        judge: { waitingChunks: judgeChunks, waitingRecords: judgeRecords, isOwner: judge.isOwner() },
        ledger: {
          origin: ledger.verifierKey().split('+')[0],
          treeSize: sequencer.state().size,
          refusal: sequencer.state().refusal?.code ?? null,
          missing: missingOf(sequencer.state().refusal),
          witnesses: cosigning.standings().map(({ name, size, cosignedAtMs, trouble }) => ({
            name,
            size,
            cosignedAt: instant(cosignedAtMs),
            trouble,
          })),
        },
        live: Object.fromEntries(liveParts.map(part => [part.name, part.describe()])),
        counts,
        storm,
        sources: sources.map(source => ({
          id: source.sourceId,
          name: source.name,
          format: source.format,
          watermark: instant(source.watermarkMs),
          lagMs: source.watermarkMs === null ? null : clock.now() - source.watermarkMs,
          health: healthOf(source.watermarkMs, clock.now()),
          volumes: shownJump(jumps.get(source.sourceId)),
        })),
      };
    },
    witnesses: () => cosigning.standings(),
    load,
    storm: () => opened.database.corridor(tx => stormStanding(tx, desk, clock.now())).catch(() => null),
    volumeJumps: () => opened.database.corridor(countJumps).catch(() => Number.NaN),
    leftOut: () => leftOut.counts,
    ruleErrors: () => ruleErrors,
    judgedBy,
    threadsLost: () => threadsLost,
    async notReady() {
      const missing: string[] = [];
      if (sequencer.state().refusal !== null) missing.push('ledger');
      if (!judge.isOwner()) missing.push('judge');
      const reached = await opened.database.corridor(async () => true).catch(() => false);
      if (!reached) missing.push('database');
      return missing;
    },
  };
}

/** A clock behind what was signed was set back, or had been ahead; a minute is what clocks that are kept in step may differ. */
async function clockBehind(tx: Tx, nowMs: number): Promise<number> {
  const behindMs = await behindSigned(tx, nowMs);
  return behindMs > MINUTE_MS ? behindMs : 0;
}

/** What a ledger that signs nothing lacks: which entries, and when the acts in them were done. */
function missingOf(refusal: Refusal | null): Readonly<Record<string, unknown>> | null {
  if (refusal?.code !== 'ledger-behind') return null;
  const { databaseSize, fileSize, missing, origin, missingSince, missingUntil } = refusal.detail;
  return {
    databaseSize,
    newestSize: fileSize,
    entries: missing,
    origin,
    since: missingSince ?? null,
    until: missingUntil ?? null,
  };
}

/** No feed is a state of its own, not an absence of usage (CR-28). */
function healthOf(watermarkMs: number | null, nowMs: number): 'never-heard' | 'silent' | 'live' {
  if (watermarkMs === null) return 'never-heard';
  return nowMs - watermarkMs > SILENT_MS ? 'silent' : 'live';
}

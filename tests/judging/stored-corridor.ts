import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { canonicalJson } from '../../server/src/kernel/canonical-json.ts';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { silentLog } from '../../server/src/kernel/log.ts';
import { settableClock } from '../../server/src/kernel/time.ts';
import { cards } from '../../server/src/modules/cards/module.ts';
import { backTestRule } from '../../server/src/spine/back-test/back-test-rule.ts';
import { markChangedCatalogues } from '../../server/src/spine/changed-catalogues.ts';
import { type Contribution, worldOf } from '../../server/src/spine/contribution.ts';
import { type CorridorDoors, judgeNext } from '../../server/src/spine/corridor.ts';
import { armRule } from '../../server/src/spine/findings/armed/armed-rules.ts';
import type { LeftOut } from '../../server/src/spine/keys/judge-keys.ts';
import { LiveMemory } from '../../server/src/spine/live-memory.ts';
import { keepMemory, recallMemory } from '../../server/src/spine/memory-keeping.ts';
import { takeIn } from '../../server/src/spine/observations/intake.ts';
import type { Observation } from '../../server/src/spine/observations/observation.ts';
import { type Fence, takeOver } from '../../server/src/spine/observations/reader/store.ts';
import { plainProfile, type SourceProfile } from '../../server/src/spine/observations/source-profile.ts';
import { addSource } from '../../server/src/spine/observations/store.ts';
import { makeParty } from '../../server/src/spine/observations/testing/make-party.ts';
import { markAllDirty } from '../../server/src/spine/registry/dirty.ts';
import { importTable } from '../../server/src/spine/registry/register.ts';
import { reach } from '../../server/src/spine/rules/judge-key.ts';
import type { Rule } from '../../server/src/spine/rules/rule.ts';
import { Broken, breakTransaction, type Fault } from '../measures/faulty-database.ts';
import { shippedText } from './world.ts';

/** The corridor over a database of its own: tables and usage go in as text, findings come out. */
export interface StoredCorridor {
  /** Begins anew with these catalogues of card classes, as a restart does. */
  start(cardClasses: string): Promise<void>;
  /** Of the corridor's party, or of one below it. */
  importCards(text: string, ofParty?: number): Promise<void>;
  /** A party below the corridor's, whose sources speak of its cards too. */
  partyBelow(): Promise<number>;
  /** Arms one more rule and marks every subject, as people's arming does. */
  arm(rule: { readonly id: string; readonly text: string }): Promise<void>;
  /** A source for CSV rows of `iccid,imsi,msisdn,time,bytes_up,bytes_down`, and `imei` where one is told. */
  source(profile?: Partial<SourceProfile>): Promise<number>;
  feed(sourceId: number, rows: readonly string[], header?: string): Promise<void>;
  /** Judges until nothing waits; with a fault its first commit goes wrong so, and it begins again. */
  judge(fault?: Fault): Promise<void>;
  /** References of the subjects that are marked to be judged again. */
  marked(): Promise<string[]>;
  /** Judges one step of about so many records. */
  judgeStep(records: number): Promise<void>;
  /** Loses what judging remembers, as a restart does. */
  forget(): Promise<void>;
  /** Stores what judging remembers. */
  keep(): Promise<void>;
  /** Begins anew with what was stored, as after a kill. */
  recall(): Promise<void>;
  /** Breaks one byte of a piece of the last snapshot: its third, or the one whose name begins so. */
  damage(piece?: string): Promise<void>;
  /** Subjects whose state is remembered. */
  remembered(): number;
  /** Keys of rules keyed by a field whose state is remembered. */
  rememberedKeys(): number;
  /** Subjects and keys of which records were read before their turn. */
  takenIn(): number;
  /** Canonical state of the subjects that are known, by key, in the order of keys. */
  frozen(): Promise<ReadonlyMap<string, string>>;
  /** Canonical state under a rule keyed by a field, by key, in the order of keys, of the keys that are known. */
  frozenKeys(ruleId: string): ReadonlyMap<string, string>;
  /** Records that each thread of judging has judged since it was opened. */
  judgedBy(): readonly number[];
  /** What was left out for a bound, in the order it was told. */
  readonly leftOut: readonly LeftOut[];
  /** Records rules could not be evaluated on, by rule id. */
  readonly ruleErrors: ReadonlyMap<string, number>;
  /** Standing findings: rule, card and time, sorted. */
  standing(): Promise<string[]>;
  /** Ids of the standing findings of a rule observed in the stretch, sorted. */
  standingIds(ruleId: string, fromMs: number, toMs: number): Promise<string[]>;
  /** Every stored observation, in the order of judging. */
  stored(): Promise<Observation[]>;
  readonly database: Database;
  readonly partyId: number;
  contributions(): readonly Contribution[];
  close(): Promise<void>;
}

const HEADER = 'iccid,imsi,msisdn,time,bytes_up,bytes_down,imei';
const MAPPING = {
  columns: {
    iccid: 'iccid',
    imsi: 'imsi',
    msisdn: 'msisdn',
    time: 'time',
    bytesUp: 'bytes_up',
    bytesDown: 'bytes_down',
    imei: 'imei',
  },
  time: ['iso'],
};

export async function openStoredCorridor(
  ruleIds: readonly (string | { readonly id: string; readonly text: string })[],
  cardClasses: string,
  nowMs: number,
  hasMemory = true,
  threads = 1,
): Promise<StoredCorridor> {
  const db: TestDatabase = await testDatabase();
  const { database } = db;
  const clock = settableClock(nowMs);
  const partyId = await makeParty(database);
  const actor = { partyId, label: 'test' };
  let contributions: Contribution[] = [];
  let memory: LiveMemory | undefined;
  let made = 0;
  const leftOut: LeftOut[] = [];
  const ruleErrors = new Map<string, number>();

  const doors = (): CorridorDoors => ({
    database,
    clock,
    log: silentLog,
    contributions,
    onLeftOut: each => leftOut.push(each),
    onRuleErrors: (ruleId, records) => ruleErrors.set(ruleId, (ruleErrors.get(ruleId) ?? 0) + records),
    ...(memory === undefined ? {} : { memory }),
    desk: { catalogues: [], kinds: contributions.flatMap(each => each.measures), adapters: {} },
  });

  async function start(text: string): Promise<void> {
    contributions = [cards({ cardClasses: new Map([['cards', text]]), deviceModels: new Map() })];
    await memory?.drop();
    memory = hasMemory ? new LiveMemory(contributions, { threads }) : undefined;
    await database.corridor(tx => markChangedCatalogues(tx, contributions, clock.now()));
  }

  await start(cardClasses);
  await database.corridor(async tx => {
    for (const each of ruleIds) {
      const { id: ruleId, text } = typeof each === 'string' ? { id: each, text: shippedText(each) } : each;
      const asked = { ruleId, text, actor: 'test', atMs: nowMs };
      await armRule(tx, asked, worldOf(contributions));
    }
  });

  async function owned(): Promise<Fence> {
    const fence = await database.corridor(tx => takeOver(tx, 0, 'test'));
    if (fence === undefined) throw new Error('the partition is held by another');
    return fence;
  }

  async function judgeBroken(fault: Fault): Promise<void> {
    const fence = await owned();
    const broken = { ...doors(), database: breakTransaction(database, 1, fault) };
    const told = await judgeNext(broken, fence).then(
      () => 'an answer',
      (error: unknown) => error,
    );
    if (!(told instanceof Broken)) throw new Error(`a broken commit gave ${String(told)}`);
  }

  return {
    start,
    partyBelow: () => makeParty(database, partyId),
    arm: async ({ id: ruleId, text }) => {
      await database.corridor(async tx => {
        const { rule } = await armRule(
          tx,
          { ruleId, text, actor: 'test', atMs: nowMs },
          worldOf(contributions),
        );
        await markAllDirty(
          tx,
          contributions.flatMap(each => each.kinds.map(kind => kind.kind)),
          Math.max(0, nowMs - reach(rule)),
          'armed',
        );
      });
    },
    importCards: async (text, ofParty = partyId) => {
      const kind = contributions[0]?.imports.find(({ name }) => name === 'cards');
      if (kind === undefined) throw new Error('no import of cards');
      const report = await importTable(
        { database, clock },
        { ...actor, partyId: ofParty },
        kind,
        Readable.from([Buffer.from(text)]),
      );
      if (report.refusedCount > 0) throw new Error(JSON.stringify(report.refused));
    },
    source: profile => {
      made += 1;
      const whole = { ...plainProfile, mapping: MAPPING, ...profile };
      const source = { partyId, name: `feed ${made}`, format: 'generic-csv', profile: whole, atMs: nowMs };
      return database.door(partyId, tx => addSource(tx, source));
    },
    feed: async (sourceId, rows, header = HEADER) => {
      const formats = new Map(contributions[0]?.formats.map(format => [format.name, format]));
      const intake = { database, clock, formats, leafFor: (ms: number) => db.leafFor(ms) };
      const bytes = Readable.from([Buffer.from(`${[header, ...rows].join('\n')}\n`)]);
      const report = await takeIn(intake, actor, sourceId, 'batch', bytes);
      if (report.quarantined > 0) throw new Error(`${report.quarantined} rows could not be read`);
    },
    judge: async fault => {
      if (fault !== undefined) await judgeBroken(fault);
      const fence = await owned();
      for (;;) {
        const outcome = await judgeNext(doors(), fence);
        if (outcome !== 'idle') continue;
        const { rows } = await sql<{ n: number }>`
          select (select count(*) from dirty) + (select count(*) from claim_due) + (select count(*) from chunk c,
            judge_partition p where (c.xid, c.chunk_id) > (p.position_xid, p.position_chunk)) as n`.execute(
          db.corridor,
        );
        if (rows[0]?.n === 0) return;
        await sleep(20);
      }
    },
    judgeStep: async records => {
      await judgeNext(doors(), await owned(), records);
    },
    marked: async () => {
      const { rows } = await sql<{ reference: string }>`
        select reference from dirty join subject using (subject_id)`.execute(db.corridor);
      return rows.map(row => row.reference);
    },
    forget: async () => memory?.drop(),
    keep: async () => {
      if (memory !== undefined) await keepMemory(doors(), await owned(), memory);
    },
    recall: async () => {
      if (memory !== undefined) await recallMemory(doors(), await owned(), memory);
    },
    damage: async piece => {
      await sql`
        update judge_snapshot_piece set bytes = set_byte(bytes, length(bytes) / 2, 255 - get_byte(bytes, length(bytes) / 2))
        where snapshot_no = (select max(snapshot_no) from judge_snapshot)
          and case when ${piece ?? null}::text is null then piece_no = 2 else starts_with(name, ${piece ?? ''}) end`.execute(
        db.corridor,
      );
    },
    remembered: () => memory?.size ?? 0,
    rememberedKeys: () => memory?.keys.size ?? 0,
    takenIn: () => (memory?.takenIn.size ?? 0) + (memory?.keys.takenIn.size ?? 0),
    frozen: async () =>
      new Map((await memory?.freeze())?.map(([key, state]) => [key, canonicalJson(state)]) ?? []),
    frozenKeys: ruleId =>
      new Map((memory?.keys.freeze(ruleId) ?? []).map(([key, state]) => [key, canonicalJson(state)])),
    leftOut,
    ruleErrors,
    standing: async () => {
      const { rows } = await sql<{ ruleId: string; reference: string; at: number }>`
        select f.rule_id as "ruleId", s.reference, f.observed_at as at from finding f join subject s using (subject_id)
        where (select standing from finding_standing l where l.finding_id = f.finding_id
          order by standing_id desc limit 1) <> 'withdrawn'`.execute(db.corridor);
      return rows
        .map(
          ({ ruleId, reference, at }) => `${ruleId} ${reference} ${new Date(at).toISOString().slice(0, 13)}`,
        )
        .sort();
    },
    standingIds: async (ruleId, fromMs, toMs) => {
      const { rows } = await sql<{ id: string }>`
        select encode(f.finding_id, 'hex') as id from finding f
        where f.rule_id = ${ruleId} and f.observed_at >= to_timestamp(${fromMs} / 1000.0)
          and f.observed_at < to_timestamp(${toMs} / 1000.0)
          and (select standing from finding_standing l where l.finding_id = f.finding_id
            order by standing_id desc limit 1) <> 'withdrawn' order by 1`.execute(db.corridor);
      return rows.map(row => row.id);
    },
    stored: async () => {
      const { rows } = await sql<Observation>`
        select encode(digest, 'hex') as digest, source_id as "sourceId", party_id as "partyId", chunk_id as "chunkId",
          kind, claim, observed_at as "observedAtMs", time_mark as "timeMark", series, body
        from observation order by observed_at, source_id, digest`.execute(db.corridor);
      return rows;
    },
    database,
    partyId,
    contributions: () => contributions,
    judgedBy: () => memory?.judgedBy ?? [],
    close: async () => {
      await memory?.drop();
      await db.close();
    },
  };
}

/** Ids of what a back-test of the rule finds over everything that is stored, sorted. */
export async function backTestedIds(corridor: StoredCorridor, rule: Rule, toMs: number): Promise<string[]> {
  const ids: string[] = [];
  await backTestRule(
    {
      database: corridor.database,
      contributions: corridor.contributions(),
      onProgress: async () => true,
      onHit: verdict => ids.push(verdict.findingId),
    },
    { rule, armed: null, fromMs: 0, toMs, chosen: {} },
  );
  return ids.sort();
}

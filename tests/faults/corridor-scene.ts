import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { silentLog } from '../../server/src/kernel/log.ts';
import { isRefusal } from '../../server/src/kernel/refusal.ts';
import { passingSigningKey } from '../../server/src/kernel/seal/signing-key.ts';
import { settableClock } from '../../server/src/kernel/time.ts';
import { cards } from '../../server/src/modules/cards/module.ts';
import { readClockCatalogue } from '../../server/src/spine/clocks/catalogue.ts';
import { worldOf } from '../../server/src/spine/contribution.ts';
import { judgeNext } from '../../server/src/spine/corridor.ts';
import { armRule } from '../../server/src/spine/findings/armed/armed-rules.ts';
import { type Judge, startJudge } from '../../server/src/spine/judge.ts';
import type { ThreadPlan } from '../../server/src/spine/judge-in-threads.ts';
import { startSequencer } from '../../server/src/spine/ledger/sequencer.ts';
import { LiveMemory } from '../../server/src/spine/live-memory.ts';
import { registerProvider, setPolicy } from '../../server/src/spine/measures/providers/providers.ts';
import { takeIn } from '../../server/src/spine/observations/intake.ts';
import { discard, replay } from '../../server/src/spine/observations/quarantine/replay.ts';
import { listQuarantined } from '../../server/src/spine/observations/quarantine/store.ts';
import { takeOver } from '../../server/src/spine/observations/reader/store.ts';
import { plainProfile } from '../../server/src/spine/observations/source-profile.ts';
import { addSource, breakOpenBatches } from '../../server/src/spine/observations/store.ts';
import { makeParty } from '../../server/src/spine/observations/testing/make-party.ts';
import { importTable } from '../../server/src/spine/registry/register.ts';
import { textAround } from '../judging/operator-rules.ts';
import { shippedText } from '../judging/world.ts';

const NOW = Date.UTC(2026, 10, 20);
const HEADER = 'iccid,imei,time,bytes_up,bytes_down';
const MAPPING = {
  columns: {
    iccid: 'iccid',
    imei: 'imei',
    time: 'time',
    bytesUp: 'bytes_up',
    bytesDown: 'bytes_down',
  },
  time: ['iso'],
};
const ABSENCE = textAround('falls-silent', {
  parts: 'state: { quiet: { operator: absence, window: 2d, lookBack: 20d } }\nwhere: state.quiet',
  fires: 'observations: [{ at: "2026-03-01T08:00:00Z" }], watermark: "2026-03-03T08:00:00Z"',
  silent: 'observations: [{ at: "2026-03-01T08:00:00Z" }], watermark: "2026-03-03T07:59:59Z"',
});
const content = (path: string) =>
  readFileSync(new URL(`../../content/catalogues/${path}`, import.meta.url), 'utf8');

/** What a client or a loop of the house does, over whichever database it is given, and again after any fault. */
export interface CorridorScene {
  readonly database: Database;
  /** Loses what a process remembers and does what a start does. */
  restart(): Promise<void>;
  register(database: Database, name: string, text: string): Promise<void>;
  feed(database: Database, name: string, rows: readonly string[]): Promise<void>;
  /** Judges until nothing waits. */
  judge(database: Database): Promise<void>;
  /** Judges as the house does, until it is stopped. */
  startJudging(): Judge;
  /** Waits until nothing waits to be judged. */
  settled(): Promise<void>;
  /** Partitions whose thread was lost, by name, in the order of it. */
  readonly lost: readonly string[];
  /** Records that each thread of judging has judged since it was opened. */
  judgedBy(): readonly number[];
  /** Takes the open record that holds the text out of quarantine, as mended or, without, for good. */
  settle(database: Database, holding: string, mended: string | null): Promise<void>;
  sequence(database: Database): Promise<void>;
  /** All that was written, without numbers, times and names of chance. */
  written(): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** `plan` says in which threads the scene judges. */
export async function makeCorridorScene(plan: ThreadPlan = { threads: 1 }): Promise<CorridorScene> {
  const db = await testDatabase();
  const { database } = db;
  const folder = mkdtempSync(join(tmpdir(), 'corridor-writes-'));
  const key = { name: 'writes.example/log', ...passingSigningKey() };
  const clock = settableClock(NOW);
  const classes = new Map([['cards', content('card-classes/cards.yaml')]]);
  const contributions = [cards({ cardClasses: classes, deviceModels: new Map() })];
  const desk = {
    catalogues: [readClockCatalogue(content('clocks/cards.yaml'), 'cards.yaml')],
    kinds: contributions.flatMap(each => each.measures),
    adapters: Object.assign({}, ...contributions.map(each => each.adapters)),
  };
  const formats = new Map(contributions.flatMap(each => each.formats.map(format => [format.name, format])));
  const partyId = await makeParty(database);
  const actor = { partyId, label: 'test' };
  const hand = { actor: 'test', atMs: NOW };
  let memory = new LiveMemory(contributions, plan);
  const lost: string[] = [];

  const rules = [
    ['card-in-another-device', shippedText('card-in-another-device')],
    ['falls-silent', ABSENCE],
  ] as const;
  const sourceId = await database.corridor(async tx => {
    for (const [ruleId, text] of rules) await armRule(tx, { ruleId, text, ...hand }, worldOf(contributions));
    await registerProvider(
      tx,
      desk,
      { partyId, name: 'p', adapter: 'simulated-provider', settings: { url: 'http://127.0.0.1:9' } },
      hand,
    );
    for (const [ruleId] of rules)
      await setPolicy(tx, desk, { partyId, ruleId, measure: 'suspend-card', mode: 'order' }, hand);
    const profile = { ...plainProfile, mapping: MAPPING };
    return await addSource(tx, { partyId, name: 'feed', format: 'generic-csv', profile, atMs: NOW });
  });
  const intake = (over: Database) => ({
    database: over,
    clock,
    formats,
    leafFor: (ms: number) => db.leafFor(ms),
  });

  async function waiting(): Promise<number> {
    const { rows } = await sql<{ n: number }>`
      select (select count(*) from dirty) + (select count(*) from claim_due)
        + (select count(*) from chunk c, judge_partition p where (c.xid, c.chunk_id) > (p.position_xid, p.position_chunk))
        + (select count(*) from tick t, judge_partition p where (t.xid, t.tick_id) > (p.position_tick_xid, p.position_tick))
        as n`.execute(db.corridor);
    return rows[0]!.n;
  }

  return {
    database,
    restart: async () => {
      await memory.drop();
      memory = new LiveMemory(contributions, plan);
      await database.corridor(tx => breakOpenBatches(tx, clock.now()));
    },
    register: async (over, name, text) => {
      const kind = contributions[0]!.imports.find(each => each.name === name)!;
      const doors = { database: over, clock };
      const report = await importTable(doors, actor, kind, Readable.from([Buffer.from(text)]));
      if (report.refusedCount > 0) throw new Error(JSON.stringify(report.refused));
    },
    feed: async (over, name, rows) => {
      const bytes = Readable.from([Buffer.from(`${[HEADER, ...rows].join('\n')}\n`)]);
      await takeIn(intake(over), actor, sourceId, name, bytes);
    },
    judge: async over => {
      const fence = await over.corridor(tx => takeOver(tx, 0, 'test'));
      if (fence === undefined) throw new Error('the partition is held by another');
      for (;;) {
        const outcome = await judgeNext(
          { database: over, clock, log: silentLog, contributions, memory, desk },
          fence,
        );
        if (outcome !== 'idle') continue;
        if ((await waiting()) === 0) return;
        await sleep(20);
      }
    },
    startJudging: () =>
      startJudge(
        {
          ...{ database, clock, log: silentLog, contributions, memory, desk },
          onThreadLost: partition => lost.push(partition),
        },
        'test',
      ),
    settled: async () => {
      while ((await waiting()) > 0) await sleep(20);
    },
    lost,
    judgedBy: () => memory.judgedBy,
    settle: async (over, holding, mended) => {
      const open = await database.door(partyId, tx =>
        listQuarantined(tx, { state: 'open', afterId: 0, limit: 100 }),
      );
      const { rows } = await sql<{ id: number }>`
        select quarantine_id as id from quarantine where position(${Buffer.from(holding)}::bytea in raw) > 0`.execute(
        db.corridor,
      );
      const found = open.find(each => each.quarantineId === rows[0]!.id);
      // Settled already: the answer to an earlier try was lost.
      if (found === undefined) return;
      if (mended === null) await discard(intake(over), actor, found.quarantineId, 'a line of the sender');
      else
        await replay(intake(over), actor, found.quarantineId, Buffer.from(mended)).catch(error => {
          if (!isRefusal(error) || error.code !== 'quarantined-settled') throw error;
        });
    },
    sequence: async over => {
      const checkpointFile = join(folder, 'checkpoint');
      const options = { database: over, clock, log: silentLog, key, checkpointFile, intervalMs: 3_600_000 };
      const sequencer = await startSequencer(options);
      try {
        await sequencer.flush();
      } finally {
        await sequencer.stop();
      }
    },
    written: async () => {
      const { rows } = await sql<Record<string, unknown>>`select
        (select json_agg(json_build_array(claim, observed_at, body) order by digest) from observation) as records,
        (select json_agg(distinct watermark order by watermark) from tick) as ticks,
        (select json_agg(json_build_array(convert_from(raw, 'UTF8'), reason, state, convert_from(mended, 'UTF8'), replayed_in is null) order by digest) from quarantine) as quarantine,
        (select sum(accepted)::int from batch) as accepted,
        (select sum(quarantined)::int from batch) as quarantined,
        (select count(*) from batch where state = 'receiving') as "batchesOpen",
        (select json_agg(json_build_array(f.rule_id, s.reference, f.observed_at, f.severity, f.historical,
          (select json_agg(t.standing order by t.standing_id) from finding_standing t where t.finding_id = f.finding_id)) order by f.rule_id, s.reference, f.observed_at, f.finding_id)
          from finding f join subject s using (subject_id)) as findings,
        (select json_agg(json_build_array(i.rule_id, s.reference, i.state, i.severity,
          (select json_agg(a.kind order by a.act_id) from case_act a where a.case_id = i.case_id),
          (select json_agg(json_build_array(k.clock_id, k.state) order by k.clock_id) from case_clock k where k.case_id = i.case_id),
          (select count(*) from case_finding c where c.case_id = i.case_id)) order by i.rule_id, s.reference)
          from incident i join subject s using (subject_id)) as cases,
        (select json_agg(json_build_array(m.kind, m.state, s.reference,
          (select json_agg(t.to_state order by t.step_id) from measure_step t where t.measure_id = m.measure_id),
          (select json_agg(o.deed) from outbox o where o.measure_id = m.measure_id)) order by s.reference)
          from measure m join subject s using (subject_id)) as measures,
        (select json_agg(json_build_array(act, n) order by act) from (
          select act, count(*) as n from ledger_entry
          where act not in ('batch-accepted', 'import-begun', 'import-ended') and act not like 'import%' group by act) e) as entries,
        (select count(distinct (convert_from(entry, 'UTF8')::jsonb) -> 'detail' ->> 'contentSha256') from ledger_entry where act = 'batch-accepted') as batches,
        (select count(*) from ledger_stage) as staged,
        (select count(*) from dirty) as dirty`.execute(db.corridor);
      return rows[0]!;
    },
    close: async () => {
      await memory.drop();
      await db.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/**
 * Accept and judge together: CSV bytes in, observations durable, verdicts, cases and position committed.
 *
 * Records of registered cards go through the intake in files; after each file judging runs until nothing
 * waits, under all shipped rules, with a memory that knows the cards. Rates are records per
 * second by wall time: of the whole, of its two parts, and of judging a card for the first time, when its
 * state is made from what is stored.
 */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { sql } from 'kysely';
import { migrationFolders } from '../server/src/kernel/database/migrate.ts';
import { type OpenedDatabase, openDatabase } from '../server/src/kernel/database/open.ts';
import { silentLog } from '../server/src/kernel/log.ts';
import { DAY_MS, settableClock } from '../server/src/kernel/time.ts';
import { cards } from '../server/src/modules/cards/module.ts';
import { worldOf } from '../server/src/spine/contribution.ts';
import { type CorridorDoors, judgeNext } from '../server/src/spine/corridor.ts';
import { armRule } from '../server/src/spine/findings/armed/armed-rules.ts';
import { LiveMemory } from '../server/src/spine/live-memory.ts';
import { takeIn } from '../server/src/spine/observations/intake.ts';
import { takeOver } from '../server/src/spine/observations/reader/store.ts';
import { plainProfile } from '../server/src/spine/observations/source-profile.ts';
import { addSource } from '../server/src/spine/observations/store.ts';
import { makeParty } from '../server/src/spine/observations/testing/make-party.ts';
import { importTable } from '../server/src/spine/registry/register.ts';

const CARDS = 5_000;
const FILE_ROWS = 40_000;
const FILES = Number(process.argv[2] ?? 6);
/** Threads that judge; 1 is the main thread alone. */
const THREADS = Number(process.argv[3] ?? 1);
const NOW_MS = Date.UTC(2026, 10, 20, 12);
const COLUMNS = {
  ...{ iccid: 'iccid', imei: 'imei', time: 'time', plmn: 'plmn', rat: 'rat' },
  ...{ bytesUp: 'bytes_up', bytesDown: 'bytes_down' },
};

const content = new URL('../content/', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'thingward-bench-'));
chmodSync(folder, 0o755);
const opened = await openDatabase({ dataDir: folder, log: silentLog, migrations: migrationFolders() });
try {
  await bench(opened);
} finally {
  await opened.close();
  rmSync(folder, { recursive: true, force: true });
}

async function bench({ database, leafFor }: OpenedDatabase): Promise<void> {
  for (let day = 0; day <= 35; day++) await leafFor(NOW_MS - day * DAY_MS);
  const clock = settableClock(NOW_MS);
  const classes = readFileSync(new URL('catalogues/card-classes/cards.yaml', content), 'utf8');
  const contributions = [cards({ cardClasses: new Map([['cards', classes]]), deviceModels: new Map() })];
  const doors: CorridorDoors = {
    database,
    clock,
    log: silentLog,
    contributions,
    desk: { catalogues: [], kinds: contributions.flatMap(each => each.measures), adapters: {} },
    memory: new LiveMemory(contributions, { threads: THREADS }),
  };
  const partyId = await makeParty(database);
  const actor = { partyId, label: 'bench' };
  await armShipped(doors);
  const kind = contributions[0]?.imports.find(({ name }) => name === 'cards');
  if (kind === undefined) throw new Error('no import of cards');
  const table = ['iccid,class', ...Array.from({ length: CARDS }, (_, i) => `${iccidOf(i)},industry`)];
  await importTable({ database, clock }, actor, kind, Readable.from([Buffer.from(table.join('\n'))]));
  const profile = { ...plainProfile, mapping: { columns: COLUMNS } };
  const source = { partyId, name: 'bench', format: 'generic-csv', profile, atMs: NOW_MS };
  const sourceId = await database.door(partyId, tx => addSource(tx, source));
  const formats = new Map(contributions.flatMap(each => each.formats.map(format => [format.name, format])));
  const intake = { database, clock, formats, leafFor };
  await judgeAll(doors);

  const rates: { accept: number; judge: number; whole: number }[] = [];
  for (let file = 0; file <= FILES; file += 1) {
    const bytes = Readable.from([fileOf(file)]);
    const acceptMs = await timed(async () => {
      const report = await takeIn(intake, actor, sourceId, `file ${file}`, bytes);
      if (report.accepted !== FILE_ROWS) throw new Error(`${report.accepted} of ${FILE_ROWS} accepted`);
    });
    const judgeMs = await timed(() => judgeAll(doors));
    const rate = {
      accept: FILE_ROWS / acceptMs,
      judge: FILE_ROWS / judgeMs,
      whole: FILE_ROWS / (acceptMs + judgeMs),
    };
    if (file === 0) console.log(`first_krecords_per_s=${rate.judge.toFixed(1)}`);
    else rates.push(rate);
  }
  const known = doors.memory?.size;
  const judgedBy = doors.memory?.judgedBy.join(' ') ?? '';
  await doors.memory?.drop();
  const { rows } = await sql<{ n: number }>`select count(*) as n from finding`.execute(opened.corridor);
  if (judgedBy !== '') console.log(`records_by_thread=${judgedBy}`);
  console.log(`cards=${CARDS} records=${FILES * FILE_ROWS} findings=${rows[0]?.n} known=${known}`);
  for (const part of ['accept', 'judge', 'whole'] as const)
    console.log(
      `${part === 'whole' ? 'pipeline' : part}_krecords_per_s=${median(rates.map(each => each[part])).toFixed(1)}`,
    );
}

async function armShipped(doors: CorridorDoors): Promise<void> {
  const shipped = new URL('rules/cards/', content);
  for (const file of readdirSync(shipped)) {
    const text = readFileSync(new URL(file, shipped), 'utf8');
    const asked = { ruleId: file.replace(/\.yaml$/, ''), text, actor: 'bench', atMs: NOW_MS };
    await doors.database.corridor(tx => armRule(tx, asked, worldOf(doors.contributions)));
  }
}

async function judgeAll(doors: CorridorDoors): Promise<void> {
  const fence = await doors.database.corridor(tx => takeOver(tx, 0, 'bench'));
  if (fence === undefined) throw new Error('the partition is held by another');
  while ((await judgeNext(doors, fence)) !== 'idle');
}

/** Records in the order of time, a card after the other; one in 500 is of another device. */
function fileOf(file: number): Buffer {
  const lines = ['iccid,imei,time,bytes_up,bytes_down,plmn,rat'];
  for (let i = 0; i < FILE_ROWS; i += 1) {
    const no = file * FILE_ROWS + i;
    const card = (no * 7_919) % CARDS;
    const time = new Date(NOW_MS - 30 * DAY_MS + no * 1_000).toISOString();
    const imei = no % 500 === 499 ? '490154203237518' : `35${String(card).padStart(12, '0')}0`;
    lines.push(`${iccidOf(card)},${imei},${time},${(no * 31) % 10_000},${(no * 77) % 40_000},46000,LTE-M`);
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

function iccidOf(card: number): string {
  return `8986011${String(card).padStart(12, '0')}`;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const beganAt = performance.now();
  await work();
  return performance.now() - beganAt;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/**
 * What accepts and judges in the benchmarks: a database of its own, registered cards, shipped rules armed, a source,
 * and files of records that go through the intake and are judged until nothing waits.
 */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { sql } from 'kysely';
import { migrationFolders } from '../../server/src/kernel/database/migrate.ts';
import { openDatabase } from '../../server/src/kernel/database/open.ts';
import { silentLog } from '../../server/src/kernel/log.ts';
import { DAY_MS, settableClock } from '../../server/src/kernel/time.ts';
import { cards } from '../../server/src/modules/cards/module.ts';
import { worldOf } from '../../server/src/spine/contribution.ts';
import { type CorridorDoors, judgeNext } from '../../server/src/spine/corridor.ts';
import { armRule } from '../../server/src/spine/findings/armed/armed-rules.ts';
import { LiveMemory } from '../../server/src/spine/live-memory.ts';
import { takeIn } from '../../server/src/spine/observations/intake.ts';
import { takeOver } from '../../server/src/spine/observations/reader/store.ts';
import { plainProfile } from '../../server/src/spine/observations/source-profile.ts';
import { addSource } from '../../server/src/spine/observations/store.ts';
import { makeParty } from '../../server/src/spine/observations/testing/make-party.ts';
import { importTable } from '../../server/src/spine/registry/register.ts';

const CARDS = 5_000;
const NOW_MS = Date.UTC(2026, 10, 20, 12);
const COLUMNS = {
  ...{ iccid: 'iccid', imei: 'imei', time: 'time', plmn: 'plmn', rat: 'rat' },
  ...{ bytesUp: 'bytes_up', bytesDown: 'bytes_down' },
};
const content = new URL('../../content/', import.meta.url);
const shipped = new URL('rules/cards/', content);

export const SHIPPED: readonly string[] = readdirSync(shipped).map(file => file.replace(/\.yaml$/, ''));

export interface House {
  /** Takes a file in; refuses when not every row of it is accepted. */
  accept(file: number): Promise<void>;
  /** Judges until nothing waits. */
  judge(): Promise<void>;
  /** Subjects the memory knows, and records by thread that judged. */
  readonly memory: LiveMemory;
  findings(): Promise<number>;
  close(): Promise<void>;
}

/** `threads` 1 is the main thread alone; `rows` are those of a file, `cards` how many are registered. */
export async function openHouse(
  rules: readonly string[],
  { threads = 1, rows, cards: fleet = CARDS }: { threads?: number; rows: number; cards?: number },
): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), 'thingward-bench-'));
  chmodSync(folder, 0o755);
  const opened = await openDatabase({ dataDir: folder, log: silentLog, migrations: migrationFolders() });
  const { database, leafFor } = opened;
  for (let day = 0; day <= 35; day++) await leafFor(NOW_MS - day * DAY_MS);
  const clock = settableClock(NOW_MS);
  const classes = readFileSync(new URL('catalogues/card-classes/cards.yaml', content), 'utf8');
  const contributions = [cards({ cardClasses: new Map([['cards', classes]]), deviceModels: new Map() })];
  const memory = new LiveMemory(contributions, { threads });
  const doors: CorridorDoors = {
    database,
    clock,
    log: silentLog,
    contributions,
    desk: { catalogues: [], kinds: contributions.flatMap(each => each.measures), adapters: {} },
    memory,
  };
  const partyId = await makeParty(database);
  const actor = { partyId, label: 'bench' };
  for (const ruleId of rules) {
    const text = readFileSync(new URL(`${ruleId}.yaml`, shipped), 'utf8');
    const asked = { ruleId, text, actor: 'bench', atMs: NOW_MS };
    await database.corridor(tx => armRule(tx, asked, worldOf(contributions)));
  }
  const kind = contributions[0]?.imports.find(({ name }) => name === 'cards');
  if (kind === undefined) throw new Error('no import of cards');
  const table = ['iccid,class', ...Array.from({ length: fleet }, (_, i) => `${iccidOf(i)},industry`)];
  await importTable({ database, clock }, actor, kind, Readable.from([Buffer.from(table.join('\n'))]));
  const profile = { ...plainProfile, mapping: { columns: COLUMNS } };
  const source = { partyId, name: 'bench', format: 'generic-csv', profile, atMs: NOW_MS };
  const sourceId = await database.door(partyId, tx => addSource(tx, source));
  const formats = new Map(contributions.flatMap(each => each.formats.map(format => [format.name, format])));
  const intake = { database, clock, formats, leafFor };
  const house: House = {
    memory,
    accept: async file => {
      const bytes = Readable.from([fileOf(file, rows, fleet)]);
      const report = await takeIn(intake, actor, sourceId, `file ${file}`, bytes);
      if (report.accepted !== rows) throw new Error(`${report.accepted} of ${rows} accepted`);
    },
    judge: async () => {
      const fence = await database.corridor(tx => takeOver(tx, 0, 'bench'));
      if (fence === undefined) throw new Error('the partition is held by another');
      while ((await judgeNext(doors, fence)) !== 'idle');
    },
    findings: async () => {
      const told = await sql<{ n: number }>`select count(*) as n from finding`.execute(opened.corridor);
      return Number(told.rows[0]?.n);
    },
    close: async () => {
      await memory.drop();
      await opened.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await house.judge();
  return house;
}

/** Records in the order of time, a card after the other; one in 500 is of another device. */
function fileOf(file: number, rows: number, fleet: number): Buffer {
  const lines = ['iccid,imei,time,bytes_up,bytes_down,plmn,rat'];
  for (let i = 0; i < rows; i += 1) {
    const no = file * rows + i;
    const card = (no * 7_919) % fleet;
    const time = new Date(NOW_MS - 30 * DAY_MS + no * 1_000).toISOString();
    const imei = no % 500 === 499 ? '490154203237518' : `35${String(card).padStart(12, '0')}0`;
    lines.push(`${iccidOf(card)},${imei},${time},${(no * 31) % 10_000},${(no * 77) % 40_000},46000,LTE-M`);
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

function iccidOf(card: number): string {
  return `8986011${String(card).padStart(12, '0')}`;
}

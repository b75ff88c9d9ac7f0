import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { makeFleet, tablesOf, USAGE_MAPPING } from '@thingward/simulator';
import type { House } from './house.ts';
import { DAY_MS } from './kernel/time.ts';
import { registerProvider } from './spine/measures/providers/providers.ts';
import { takeIn } from './spine/observations/intake.ts';
import { registerSource } from './spine/observations/sources.ts';
import { sourceByName } from './spine/observations/store.ts';
import { importTable } from './spine/registry/register.ts';
import { rootParty } from './spine/registry/root-party.ts';

const SEED = 20_261_125;
const CARDS = 120;
const DAYS = 10;
const SOURCE = 'demo-usage';
const ACTOR = 'demonstration';

/**
 * Fills the installation with a small fleet and starts a simulated connectivity platform beside it. A second
 * start with the same data finds the fleet there and adds nothing.
 */
export async function furnishDemo(house: House, dataDir: string, say: (line: string) => void): Promise<void> {
  const { database, clock, intake, contributions } = house.doors;
  const partyId = await database.corridor(rootParty);
  if (partyId === undefined) return;
  const actor = { partyId, label: ACTOR };
  const url = await startProvider(join(dataDir, 'demo-provider'));
  const settings = { url, dueMs: DAY_MS, quietMs: 60_000 };
  const wanted = { partyId, name: 'demo-provider', adapter: 'simulated-provider', settings };
  const hand = { actor: ACTOR, atMs: clock.now() };
  await database.door(partyId, tx => registerProvider(tx, house.doors.desk, wanted, hand));
  const known = await database.door(partyId, tx => sourceByName(tx, SOURCE));
  if (known !== undefined) return;

  const fleet = makeFleet({
    seed: SEED,
    cards: CARDS,
    days: DAYS,
    endMs: Math.floor(clock.now() / DAY_MS) * DAY_MS,
  });
  const tables = tablesOf(fleet);
  const kinds = new Map(contributions.flatMap(each => each.imports.map(kind => [kind.name, kind])));
  const imports = {
    contracts: tables.contracts,
    cards: tables.cards,
    bindings: tables.bindings,
    'swap-windows': tables.swapWindows,
  };
  for (const [name, text] of Object.entries(imports)) {
    const kind = kinds.get(name);
    if (kind === undefined) throw new Error(`the demonstration needs the import "${name}"`);
    const report = await importTable({ database, clock }, actor, kind, Readable.from([Buffer.from(text)]));
    say(
      `  ${name}: ${report.rows} rows 行, ${report.registered} registered 已登记, ${report.refusedCount} refused 已拒绝`,
    );
  }
  const profile = { mapping: USAGE_MAPPING, recordId: 'id' };
  const sourceId = await database.door(partyId, tx =>
    registerSource(tx, intake.formats, actor, { name: SOURCE, format: 'generic-csv', profile }, clock.now()),
  );
  const report = await takeIn(
    intake,
    actor,
    sourceId,
    'demo-usage.csv',
    Readable.from([Buffer.from(tables.usage)]),
  );
  say(
    `  usage 用量: ${report.received} received = ${report.accepted} accepted + ${report.duplicate} duplicate + ${report.quarantined} quarantined`,
  );
  say(`  planted misuse 预置违规: ${fleet.truth.length} cards 张`);
}

/** Starts the simulated platform as a process that ends with this one; returns its address. */
async function startProvider(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const program = fileURLToPath(new URL('../../packages/simulated-provider/src/main.ts', import.meta.url));
  const child = spawn(process.execPath, [program, '--data', folder, '--with-parent'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.unref();
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', code => reject(new Error(`the simulated provider ended with ${code}`)));
    child.stdout.on('data', (part: Buffer) => {
      const match = /listening on (http\S+)/.exec(part.toString('utf8'));
      if (match !== null) resolve(match[1]!);
    });
  });
}

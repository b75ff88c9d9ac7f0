import {
  FLEET_FORMATS,
  type FleetFolder,
  type FleetFormat,
  USUAL_FROM_MS,
  writeFleet,
} from '@thingward/simulator';
import type { Command } from 'commander';
import type { Desk } from '../desk.ts';
import { UsageFault } from '../shell.ts';
import { plain } from '../table.ts';

interface SimulateOptions {
  readonly weeks?: string;
  readonly days?: string;
  readonly cards: string;
  readonly seed: string;
  readonly format: string;
  readonly from?: string;
  readonly out: string;
}

const DAYS_OF_WEEK = 7;
/** Fewer days than this hold no misuse that lasts. */
const FEWEST_DAYS = 5;

export function addSimulate(program: Command, desk: Desk): void {
  const { say } = desk;
  program
    .command('simulate')
    .description(say('simulate'))
    .requiredOption('--out <folder>', say('simulate.out'))
    .option('--weeks <n>', say('simulate.weeks'))
    .option('--days <n>', say('simulate.days'))
    .option('--cards <n>', say('simulate.cards'), '1000')
    .option('--seed <n>', say('simulate.seed'), '1')
    .option('--format <format>', say('simulate.format', { formats: FLEET_FORMATS.join(', ') }), 'csv')
    .option('--from <date>', say('simulate.from'))
    .action(async (options: SimulateOptions) => {
      const plan = {
        seed: whole(desk, '--seed', options.seed, 0),
        cards: whole(desk, '--cards', options.cards, 1),
        days: daysOf(desk, options),
        fromMs: fromMsOf(desk, options.from),
      };
      const written = await writeFleet(options.out, plan, formatOf(desk, options.format));
      const { truth, ...files } = written;
      const answer = {
        folder: options.out,
        ...files,
        cases: truth.cases.length,
        lookAlikes: truth.lookAlikes.length,
        unseen: (truth.unseen ?? []).length,
        from: truth.from,
        until: truth.until,
      };
      desk.answer(answer, () => show(desk, options.out, written));
    });
}

function show(desk: Desk, folder: string, { truth, tables, sources, usage, records }: FleetFolder): void {
  const { say } = desk;
  desk.pairs([
    [say('simulate.folder'), folder],
    [say('simulate.span'), `${truth.from} – ${truth.until}`],
    [say('simulate.counted-cards'), truth.cards],
    [say('simulate.records'), records],
    [say('simulate.cases'), truth.cases.length],
    [say('simulate.look-alikes'), truth.lookAlikes.length],
    [say('simulate.unseen'), (truth.unseen ?? []).length],
  ]);
  desk.line(say('simulate.next', { folder: plain(folder) }));
  for (const file of tables) {
    const name = file.replace('.csv', '');
    desk.line(`  thingward import ${name} ${plain(folder)}/${file}`);
  }
  const [first] = usage;
  for (const { name, format } of sources)
    desk.line(
      `  thingward sources add ${name} --format ${format} --profile ${plain(folder)}/${name}.profile.json`,
    );
  if (first !== undefined) desk.line(`  thingward feed ${first.source} ${plain(folder)}/${first.file} …`);
  desk.line(`  thingward score --truth ${plain(folder)}/truth.json`);
}

function daysOf(desk: Desk, { weeks, days }: SimulateOptions): number {
  if (weeks !== undefined && days !== undefined) throw new UsageFault(desk.say('simulate.weeks-or-days'));
  if (days !== undefined) return whole(desk, '--days', days, FEWEST_DAYS);
  return DAYS_OF_WEEK * whole(desk, '--weeks', weeks ?? '5', 1);
}

function whole(desk: Desk, name: string, text: string, least: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least)) throw new UsageFault(desk.say('simulate.whole', { name, least }));
  return value;
}

function formatOf(desk: Desk, text: string): FleetFormat {
  const format = FLEET_FORMATS.find(each => each === text);
  if (format === undefined)
    throw new UsageFault(desk.say('simulate.no-format', { formats: FLEET_FORMATS.join(', ') }));
  return format;
}

/** Midnight of the day in China. */
function fromMsOf(desk: Desk, text: string | undefined): number {
  if (text === undefined) return USUAL_FROM_MS;
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00+08:00`) : Number.NaN;
  if (Number.isNaN(ms)) throw new UsageFault(desk.say('simulate.no-date'));
  return ms;
}

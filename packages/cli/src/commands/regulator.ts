import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { Desk } from '../desk.ts';
import { checkExport } from '../regulator/check.ts';
import { Fault, UsageFault } from '../shell.ts';
import { plain } from '../table.ts';

interface Options {
  readonly from: string;
  readonly to: string;
  readonly set?: readonly string[];
  readonly format: string;
  readonly zone?: string;
  readonly purpose?: string;
  readonly ground?: string;
}

/** `regulator export` and `regulator check`: the data sets for a supervising authority (C-54). */
export function addRegulator(program: Command, desk: Desk): void {
  const { say } = desk;
  const regulator = program.command('regulator').description(say('regulator'));
  regulator
    .command('export')
    .description(say('regulator.export'))
    .argument('<file>', say('regulator.file'))
    .requiredOption('--from <time>', say('regulator.from'))
    .requiredOption('--to <time>', say('regulator.to'))
    .option('--set <set...>', say('regulator.set'))
    .option('--format <csv|ndjson>', say('regulator.format'), 'csv')
    .option('--zone <zone>', say('regulator.zone'))
    .option('--purpose <purpose>', say('regulator.purpose'))
    .option('--ground <text>', say('regulator.ground'))
    .action((file: string, options: Options) => exported(desk, file, options));
  regulator
    .command('check')
    .description(say('regulator.check'))
    .argument('<file>', say('regulator.file'))
    .action(async (file: string) => {
      const checked = await checkedOrNone(desk, file);
      desk.answer(checked, () => {
        desk.line(say('regulator.checked', told(checked)));
        for (const fault of checked.faults) desk.line(plain(fault));
      });
      if (checked.faults.length > 0) throw new Fault(say('regulator.faulty', { n: checked.faults.length }));
    });
}

/** The file is there only once it is whole and was read back. */
async function exported(desk: Desk, file: string, options: Options): Promise<void> {
  const { say } = desk;
  const { from, to, set, format, zone, purpose, ground } = options;
  if ((purpose === undefined) !== (ground === undefined)) throw new UsageFault(say('regulator.both'));
  const asked = {
    ...{ from, to, format },
    ...(set === undefined ? {} : { sets: set }),
    ...(zone === undefined ? {} : { zone }),
    ...(purpose === undefined ? {} : { unmasked: { purpose, ground } }),
  };
  const bytes = await (await desk.server()).download('/api/v1/regulator-exports', asked);
  const part = `${file}.part`;
  try {
    await pipeline(Readable.from(bytes, { objectMode: false }), createWriteStream(part));
    const checked = await checkedOrNone(desk, part);
    const [fault] = checked.faults;
    if (fault !== undefined) throw new Fault(fault);
    await rename(part, file);
    desk.answer({ file, ...checked }, () =>
      desk.line(say('regulator.done', { file: plain(file), ...told(checked) })),
    );
  } catch (fault) {
    await rm(part, { force: true });
    throw fault;
  }
}

type Checked = NonNullable<Awaited<ReturnType<typeof checkExport>>>;

async function checkedOrNone(desk: Desk, file: string): Promise<Checked> {
  const checked = await checkExport(file);
  if (checked === null) throw new Fault(desk.say('regulator.no-archive', { file: plain(file) }));
  return checked;
}

function told({ files, rows, elements, manifestSha256 }: Checked) {
  return { files, rows, elements: plain(elements), sha256: plain(manifestSha256) };
}

import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { Desk } from '../desk.ts';
import { checkExport } from '../regulator/check.ts';
import { Fault } from '../shell.ts';
import { plain } from '../table.ts';
import { addClearExports } from './clear-exports.ts';
import { askedOf, type ExportOptions, withExportOptions } from './export-options.ts';

/** `regulator export`, `regulator check` and `regulator clear …`: the data sets for a supervising authority (C-54). */
export function addRegulator(program: Command, desk: Desk): void {
  const { say } = desk;
  const regulator = program.command('regulator').description(say('regulator'));
  withExportOptions(
    regulator
      .command('export')
      .description(say('regulator.export'))
      .argument('<file>', say('regulator.file')),
    say,
  ).action((file: string, options: ExportOptions) => exported(desk, file, options));
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
  addClearExports(regulator, desk, (file, path) => received(desk, file, path));
}

async function exported(desk: Desk, file: string, options: ExportOptions): Promise<void> {
  await received(desk, file, '/api/v1/regulator-exports', askedOf(options));
}

/** An archive into a file, which is there only once it is whole and was read back. */
async function received(desk: Desk, file: string, path: string, asked: object = {}): Promise<void> {
  const { say } = desk;
  const bytes = await (await desk.server()).download(path, asked);
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

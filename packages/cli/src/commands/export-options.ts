import type { Command } from 'commander';
import type { Say } from '../words.ts';

/** What an export to a supervising authority is asked for by. */
export interface ExportOptions {
  readonly from: string;
  readonly to: string;
  readonly set?: readonly string[];
  readonly format: string;
  readonly zone?: string;
}

export function withExportOptions(command: Command, say: Say): Command {
  return command
    .requiredOption('--from <time>', say('regulator.from'))
    .requiredOption('--to <time>', say('regulator.to'))
    .option('--set <set...>', say('regulator.set'))
    .option('--format <csv|ndjson>', say('regulator.format'), 'csv')
    .option('--zone <zone>', say('regulator.zone'));
}

export function askedOf({ from, to, set, format, zone }: ExportOptions) {
  return {
    ...{ from, to, format },
    ...(set === undefined ? {} : { sets: set }),
    ...(zone === undefined ? {} : { zone }),
  };
}

import { execFile } from 'node:child_process';
import { join } from 'node:path';

const SCRIPT = join(import.meta.dirname, '../packages/cli/src/thingward.mjs');

/** What a command came to. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command line as a user's own process, with a home of its own where it keeps its credentials. */
export interface CommandLine {
  run(...args: readonly string[]): Promise<Said>;
  /** The document that the command answers with `--json`; throws what it said when it failed. */
  json<T>(...args: readonly string[]): Promise<T>;
}

export function commandLine(home: string, env: Readonly<Record<string, string>> = {}): CommandLine {
  const run = (...args: readonly string[]) =>
    new Promise<Said>(resolve => {
      const options = {
        env: { PATH: process.env['PATH'] ?? '', HOME: home, LANG: 'en_US.UTF-8', ...env },
        maxBuffer: 64 << 20,
      };
      execFile(process.execPath, [SCRIPT, ...args], options, (error, out, err) =>
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, out, err }),
      );
    });
  return {
    run,
    json: async <T>(...args: readonly string[]) => {
      const said = await run(...args, '--json');
      if (said.code !== 0)
        throw new Error(`thingward ${args.join(' ')} ended with ${said.code}:\n${said.err}${said.out}`);
      return JSON.parse(said.out) as T;
    },
  };
}

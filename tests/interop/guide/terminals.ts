import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

/** What a block of commands came to. */
export interface Came {
  readonly code: number;
  readonly printed: string;
}

/** Terminals of one user: each keeps what was exported in it; what runs on in one is ended with `close`. */
export class Terminals {
  private readonly running: ChildProcess[] = [];
  private readonly folder: string;
  private readonly keep: string;
  private readonly env: NodeJS.ProcessEnv;

  constructor(folder: string, keep: string, env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.keep = keep;
    this.env = env;
  }

  /** Gives commands and waits for their end. */
  give(terminal: string, commands: string, typed: string): Promise<Came> {
    const kept = join(this.keep, `${terminal}.env`);
    const script = `[ ! -e '${kept}' ] || . '${kept}'\ntrap "export -p > '${kept}'" EXIT\nset -euo pipefail\n${commands}`;
    const child = spawn('bash', ['-c', `exec 2>&1\n${script}`], { cwd: this.folder, env: this.env });
    child.stdin.on('error', () => undefined);
    child.stdin.end(typed);
    let printed = '';
    child.stdout.on('data', part => {
      printed += part;
    });
    return new Promise(resolve => child.once('close', code => resolve({ code: code ?? -1, printed })));
  }

  /** Gives commands that run on, and waits until what they print satisfies, at most so long; answers what they printed. */
  async leave(commands: string, isEnough: (printed: string) => boolean, withinMs: number): Promise<string> {
    const child = spawn('bash', ['-c', `exec 2>&1\n${commands}`], {
      cwd: this.folder,
      env: this.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.running.push(child);
    let printed = '';
    return new Promise(resolve => {
      const end = setTimeout(() => resolve(printed), withinMs);
      child.once('close', () => resolve(printed));
      child.stdout.on('data', part => {
        printed += part;
        if (!isEnough(printed)) return;
        clearTimeout(end);
        resolve(printed);
      });
    });
  }

  /** Ends what runs on, the last first, each with all that it started. */
  async close(): Promise<void> {
    for (const child of this.running.reverse()) {
      if (child.pid === undefined || child.exitCode !== null) continue;
      const gone = new Promise(resolve => child.once('exit', resolve));
      process.kill(-child.pid, 'SIGTERM');
      await Promise.race([gone, new Promise(resolve => setTimeout(resolve, 20_000))]);
    }
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The real server as its own process, on a free port, with a data folder of its own. */
export interface ServerProcess {
  readonly address: string;
  readonly child: ChildProcess;
  readonly output: string;
  /** Present at the first start of a data folder. */
  readonly first: { readonly email: string; readonly password: string } | null;
  /** Ends it in order. */
  stop(): Promise<void>;
  /** Ends the process at once, as a power switch would end the process (not the machine). */
  kill(): Promise<void>;
}

/** A data folder for a test, short enough for a socket's path, open to the unprivileged database user. */
export function dataFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'tw-'));
  chmodSync(path, 0o755);
  return {
    path,
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 }),
  };
}

/** Starts the server and waits until it says that it is ready. */
export async function startServer(
  dataDir: string,
  options: { args?: readonly string[]; env?: Record<string, string>; port?: number } = {},
): Promise<ServerProcess> {
  const args = [
    join(root, 'server/src/main.ts'),
    '--port',
    String(options.port ?? 0),
    ...(options.args ?? []),
  ];
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    THINGWARD_LOG: 'warn',
    ...options.env,
  };
  if (process.env['HOME'] !== undefined) env['HOME'] = process.env['HOME'];
  env['THINGWARD_DATA'] = dataDir;
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    const take = (part: Buffer) => {
      output += part.toString('utf8');
      const match = /is ready [^:]*:\s+(http\S+)/.exec(output);
      if (match !== null) resolve(match[1]!);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    gone.then(() => reject(new Error(`the server ended before it was ready:\n${output}`)));
  });
  const email = /First sign-in[^:]*:\s+(\S+)/.exec(output)?.[1];
  const password = /One-time password[^:]*:\s+(\S+)/.exec(output)?.[1];
  return {
    address,
    child,
    output,
    first: email === undefined || password === undefined ? null : { email, password },
    stop: async () => {
      child.kill('SIGTERM');
      await gone;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

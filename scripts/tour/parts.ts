import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A process the tour started; `end` may be called at any time, also twice. */
export interface Part {
  end(): Promise<void>;
}

type Owns = (part: Part) => void;

export interface Server {
  readonly address: string;
  /** Present at the first start of the folder. */
  readonly first: { readonly email: string; readonly password: string } | null;
  /** Signal 9, as `kill -9` sends it; the signal the process ended by. */
  kill(): Promise<string>;
}

export interface Provider {
  readonly address: string;
  attempt(iccid: string): Promise<string>;
  stateOf(iccid: string): Promise<string>;
  effectsOn(iccid: string): Promise<number>;
  feed(): Promise<string>;
}

/** Starts the server on the folder and waits until it says that it is ready. Throws what it said when it ends before. */
export async function startServer(owns: Owns, folder: string, port: number): Promise<Server> {
  // A database or settings of this machine's own are none of the tour's business.
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    THINGWARD_DATA: folder,
    THINGWARD_LOG: 'warn',
  };
  const { child, gone, output, address } = await started(
    ending =>
      owns({
        end: async () => {
          await ending();
          await endOrphans(folder);
        },
      }),
    [join(ROOT, 'server/src/main.ts'), '--port', String(port), '--host', '127.0.0.1'],
    env,
    /is ready [^:]*:\s+(http\S+)/,
  );
  const email = /First sign-in[^:]*:\s+(\S+)/.exec(output)?.[1];
  const password = /One-time password[^:]*:\s+(\S+)/.exec(output)?.[1];
  return {
    address,
    first: email === undefined || password === undefined ? null : { email, password },
    kill: async () => {
      child.kill('SIGKILL');
      return await gone;
    },
  };
}

/** Starts the simulated connectivity platform; it ends with this process at the latest. */
export async function startProvider(owns: Owns, folder: string): Promise<Provider> {
  mkdirSync(folder, { recursive: true });
  const program = join(ROOT, 'packages/simulated-provider/src/main.ts');
  const { address } = await started(
    ending => owns({ end: ending }),
    [program, '--data', folder, '--with-parent'],
    { PATH: process.env['PATH'] },
    /listening on (http\S+)/,
  );
  const ask = async (path: string, body?: object) => {
    const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    return (await (await fetch(address + path, post)).json()) as Record<string, unknown>;
  };
  return {
    address,
    attempt: async iccid =>
      String((await ask('/attempts', { iccid, bytesUp: 400, bytesDown: 600 }))['outcome']),
    stateOf: async iccid => String((await ask(`/cards/${iccid}`))['state']),
    effectsOn: async iccid => {
      const { effects } = (await ask('/admin/effects')) as { effects: { iccid: string }[] };
      return effects.filter(effect => effect.iccid === iccid).length;
    },
    feed: async () => await (await fetch(`${address}/feed.csv`)).text(),
  };
}

type Ending = () => Promise<void>;

interface Started {
  readonly child: ChildProcess;
  /** The signal or code the process ended by. */
  readonly gone: Promise<string>;
  readonly output: string;
  readonly address: string;
}

async function started(
  owns: (ending: Ending) => void,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  ready: RegExp,
): Promise<Started> {
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  const gone = new Promise<string>(resolve =>
    child.once('exit', (code, signal) => resolve(signal ?? String(code))),
  );
  owns(async () => {
    child.kill('SIGTERM');
    await gone;
  });
  const address = await new Promise<string>((resolve, reject) => {
    const take = (part: Buffer) => {
      output += part.toString('utf8');
      const match = ready.exec(output);
      if (match !== null) resolve(match[1] as string);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    gone.then(() => reject(new Error(output.trim() || 'a process ended before it was ready')));
  });
  return { child, gone, output, address };
}

/**
 * Ends a database that outlived its killed server: only where the system cannot tie it to its parent, and only
 * when the tour ends before the server came back, which adopts or ends it.
 */
async function endOrphans(folder: string): Promise<void> {
  const root = join(folder, 'postgresql');
  if (!existsSync(root)) return;
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter(name => name.endsWith('postmaster.pid'))) {
    const pid = Number(readFileSync(join(root, file), 'utf8').split('\n')[0]);
    for (let tries = 0; tries < 100 && signalled(pid, tries === 0 ? 'SIGINT' : 0); tries += 1)
      await new Promise(resolve => setTimeout(resolve, 100));
  }
}

function signalled(pid: number, signal: 'SIGINT' | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

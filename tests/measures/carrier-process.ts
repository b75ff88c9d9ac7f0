import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../packages/simulated-provider/src/main.ts', import.meta.url));

/** A stand-in for a carrier's published interface as a process of its own, which ends with the test run. */
export interface CarrierProcess {
  readonly url: string;
  behave(change: Readonly<Record<string, number>>): Promise<void>;
  /** Gives a card a state by the carrier's own word. */
  setCard(iccid: string, word: string): Promise<void>;
  /** Sets what it counts for a card on a UTC day, in MB, where it counts by day. */
  countDay(iccid: string, day: string, tx: number, rx: number): Promise<void>;
  stateOf(iccid: string): Promise<string | null>;
  /** Makes every pass given out worthless. */
  endPasses(): Promise<void>;
  log(): Promise<{
    readonly signIns: number;
    readonly questions: number;
    readonly orders: readonly string[];
  }>;
  stop(): Promise<void>;
}

export async function startCarrier(name: string): Promise<CarrierProcess> {
  const child = spawn(process.execPath, [MAIN, '--as', name, '--with-parent'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const url = await addressOf(child);
  const post = async (path: string, body: unknown): Promise<void> => {
    const answer = await fetch(`${url}/admin/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
  };
  const get = async (path: string): Promise<Record<string, unknown>> =>
    (await (await fetch(`${url}/admin/${path}`)).json()) as Record<string, unknown>;
  return {
    url,
    behave: change => post('behaviour', change),
    setCard: (iccid, word) => post('cards', { iccid, word }),
    countDay: (iccid, day, tx, rx) => post('days', { iccid, day, tx, rx }),
    stateOf: async iccid => (await get(`cards/${iccid}`))['word'] as string | null,
    endPasses: () => post('passes', {}),
    log: async () => (await get('log')) as never,
    stop: async () => {
      const ended = new Promise(resolve => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', code => reject(new Error(`the carrier ended with ${code}`)));
    child.stdout?.once('data', (line: Buffer) => resolve(/http:\S+/.exec(line.toString())?.[0] ?? ''));
  });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../packages/simulated-provider/src/main.ts', import.meta.url));

/** The simulated platform as a process of its own, which ends with the test run. */
export interface ProviderProcess {
  readonly url: string;
  behave(change: Readonly<Record<string, unknown>>): Promise<void>;
  /** The card tries to open a session, so many times. */
  attempt(iccid: string, atMs: number, times?: number): Promise<string>;
  effects(): Promise<
    readonly { readonly idempotencyKey: string; readonly iccid: string; readonly action: string }[]
  >;
  /** The orders that name the card, each with how often it was handed in. */
  ordersFor(iccid: string): Promise<readonly { readonly idempotencyKey: string; readonly count: number }[]>;
  stateOf(iccid: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startProvider(): Promise<ProviderProcess> {
  const dir = mkdtempSync(join(tmpdir(), 'provider-'));
  const child = spawn(process.execPath, [MAIN, '--data', dir, '--with-parent'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const url = await addressOf(child);
  const post = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(url + path, { method: 'POST', body: JSON.stringify(body) });
    return (await response.json()) as Record<string, unknown>;
  };
  const get = async (path: string): Promise<Record<string, unknown>> =>
    (await (await fetch(url + path)).json()) as Record<string, unknown>;
  return {
    url,
    behave: async change => {
      await post('/admin/behaviour', change);
    },
    attempt: async (iccid, atMs, times = 1) =>
      String((await post('/attempts', { iccid, atMs, times }))['outcome']),
    effects: async () => (await get('/admin/effects'))['effects'] as never,
    ordersFor: async iccid => {
      const orders = (await get('/admin/effects'))['submissions'] as {
        idempotencyKey: string;
        cards: string[];
        count: number;
      }[];
      return orders.filter(order => order.cards.includes(iccid));
    },
    stateOf: async iccid => String((await get(`/cards/${iccid}`))['state']),
    stop: async () => {
      const ended = new Promise(resolve => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      rmSync(dir, { recursive: true });
    },
  };
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', code => reject(new Error(`the platform ended with ${code}`)));
    child.stdout?.once('data', (line: Buffer) => resolve(/http:\S+/.exec(line.toString())?.[0] ?? ''));
  });
}

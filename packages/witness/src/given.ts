import type { parseArgs } from 'node:util';
import { WitnessRefusal } from './refusal.ts';

/** What the program needs of its process. */
export interface Desk {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  once(signal: 'SIGTERM' | 'SIGINT', then: () => void): unknown;
}

export const OPTIONS = {
  state: { type: 'string' },
  name: { type: 'string' },
  log: { type: 'string', multiple: true },
  policy: { type: 'string' },
  listen: { type: 'string', default: '127.0.0.1:8480' },
  url: { type: 'string' },
  witness: { type: 'string', multiple: true },
  watch: { type: 'string', multiple: true },
  every: { type: 'string', default: '60' },
  stale: { type: 'string', default: '86400' },
  whole: { type: 'boolean', default: false },
  once: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

export type Words = ReturnType<
  typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>
>['values'];

export function stateFolder(words: Words): string {
  if (words.state === undefined || words.state === '')
    throw new WitnessRefusal('words-unknown', '--state DIR');
  return words.state;
}

export function wholeNumber(text: string, name: string, least: number, most: number): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new WitnessRefusal('words-unknown', `--${name} ${least}…${most}`);
}

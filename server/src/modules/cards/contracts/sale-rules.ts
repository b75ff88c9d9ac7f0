import { parse } from 'yaml';
import { Refusal } from '../../../kernel/refusal.ts';

export type SaleRulesCode = 'sale-rules-invalid';

/** What a contract may and must say, in force within [fromMs, toMs). */
export interface SaleRules {
  readonly version: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly channels: readonly string[];
  readonly forbiddenChannels: readonly string[];
  /** What a card may use in a month before somebody opens more. */
  readonly minimalCapBytes: number;
  readonly homeMccs: readonly string[];
  readonly longestTermDays: number;
  readonly longestOpeningDays: number;
  readonly longestTestDays: number;
  readonly longestSwapWindowHours: number;
  readonly realNameReturnDays: number;
}

type Fields = Readonly<Record<string, unknown>>;

const NUMBERS = [
  'minimalCapBytes',
  'longestTermDays',
  'longestOpeningDays',
  'longestTestDays',
  'longestSwapWindowHours',
  'realNameReturnDays',
] as const;
const LISTS = ['channels', 'forbiddenChannels', 'homeMccs'] as const;

/** Reads a catalogue of sale rules; `name` is what faults are reported under. Throws one `Refusal` (`sale-rules-invalid`) that names every fault. */
export function readSaleRules(text: string, name: string): SaleRules {
  const faults: string[] = [];
  const top = fieldsOf(parse(text) as unknown);
  const span = fieldsOf(top['inForce']);
  const settings = fieldsOf(top['settings']);
  const rules = {
    version: String(top['version'] ?? ''),
    fromMs: momentOf(span['from'], Number.NEGATIVE_INFINITY, faults),
    toMs: momentOf(span['to'], Number.POSITIVE_INFINITY, faults),
    ...Object.fromEntries(NUMBERS.map(each => [each, wholeOf(settings, each, faults)])),
    ...Object.fromEntries(LISTS.map(each => [each, textsOf(settings, each, faults)])),
  } as SaleRules;
  if (rules.version === '') faults.push('version: a text');
  if (typeof top['standing'] !== 'string') faults.push('standing: a text');
  if (!Array.isArray(top['source']) || top['source'].length === 0) faults.push('source: at least one');
  if (faults.length > 0)
    throw new Refusal<SaleRulesCode>('sale-rules-invalid', {
      subject: name,
      detail: { faults: faults.join('; ') },
    });
  return rules;
}

/** The rules in force at a moment: of several the one that began last. Before the first, the first. */
export function saleRulesAt(all: readonly SaleRules[], atMs: number): SaleRules {
  const byBeginning = [...all].sort((a, b) => a.fromMs - b.fromMs);
  const found = byBeginning.filter(each => each.fromMs <= atMs && atMs < each.toMs).at(-1) ?? byBeginning[0];
  if (found === undefined) throw new Refusal<SaleRulesCode>('sale-rules-invalid', { subject: 'none' });
  return found;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function wholeOf(settings: Fields, name: string, faults: string[]): number {
  const value = settings[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  faults.push(`settings.${name}: a whole number above 0`);
  return 0;
}

function textsOf(settings: Fields, name: string, faults: string[]): string[] {
  const value = settings[name];
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value as string[];
  faults.push(`settings.${name}: a list of texts`);
  return [];
}

function momentOf(value: unknown, open: number, faults: string[]): number {
  if (value === null || value === undefined) return open;
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) faults.push('inForce: a moment with its zone');
  return ms;
}

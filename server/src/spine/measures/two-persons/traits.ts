import { parse } from 'yaml';
import type { Database } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { type Clock, HOUR_MS } from '../../../kernel/time.ts';
import { stage } from '../../ledger/stage.ts';
import type { TwoPersonWaits } from '../ports.ts';
import { replaceTraits } from './marks/store.ts';

export type CriticalCode = 'critical-catalogue-invalid';

export const TRAITS = ['class', 'scenario', 'device-type'] as const;

/** What makes a subject critical by what it is (C-44). */
export interface Trait {
  readonly trait: (typeof TRAITS)[number];
  readonly name: string;
}

export interface CriticalCatalogue {
  readonly traits: readonly Trait[];
  /** How long what one person asked waits for another; null where the catalogue does not say. */
  readonly waits: TwoPersonWaits | null;
}

const MOST_HOURS = 720;
const NAME = /^[a-z][a-z0-9-]{0,62}$/;
const MOST = 500;

/**
 * Reads a catalogue of critical devices from its YAML text; `name` is what faults are reported under. Throws one
 * `Refusal` (`critical-catalogue-invalid`) that names every fault.
 */
export function readCritical(text: string, name: string): CriticalCatalogue {
  const faults: string[] = [];
  const top = fieldsOf(parsed(text, faults));
  const items = listOf(top['critical']);
  if (items.length === 0 || items.length > MOST) faults.push(`critical: 1 to ${MOST} entries`);
  if (listOf(top['source']).length === 0) faults.push('source: at least one source');
  const traits = items.slice(0, MOST).map((item, i) => traitOf(fieldsOf(item), `critical[${i}]`, faults));
  const waits = top['waits'] === undefined ? null : waitsOf(fieldsOf(top['waits']), faults);
  if (faults.length > 0)
    throw new Refusal<CriticalCode>('critical-catalogue-invalid', {
      subject: name,
      detail: { faults: faults.join('; ') },
    });
  return { traits, waits };
}

/** Puts what the catalogues say before the database, which judges by it; a change is on record. */
export async function putTraits(
  doors: { readonly database: Database; readonly clock: Clock },
  traits: readonly Trait[],
): Promise<void> {
  await doors.database.corridor(async tx => {
    if (!(await replaceTraits(tx, traits))) return;
    await stage(tx, {
      act: 'critical-traits-set',
      object: 'installation',
      partyId: null,
      actor: 'corridor',
      atMs: doors.clock.now(),
      detail: { traits: traits.map(each => `${each.trait}/${each.name}`).sort() },
    });
  });
}

function waitsOf(item: Readonly<Record<string, unknown>>, faults: string[]): TwoPersonWaits {
  const hours = (name: string): number => {
    const n = Number(item[name]);
    if (Number.isSafeInteger(n) && n >= 1 && n <= MOST_HOURS) return n * HOUR_MS;
    faults.push(`waits.${name}: a whole number from 1 to ${MOST_HOURS}`);
    return HOUR_MS;
  };
  const { en, zh } = fieldsOf(item['because']);
  if (typeof en !== 'string' || en === '' || typeof zh !== 'string' || zh === '')
    faults.push('waits.because: the reason, in en and zh');
  return { proposalMs: hours('proposalHours'), unmarkMs: hours('unmarkHours') };
}

function traitOf(item: Readonly<Record<string, unknown>>, path: string, faults: string[]): Trait {
  const { trait, name } = item;
  const known = TRAITS.find(each => each === trait);
  if (known === undefined) faults.push(`${path}.trait: one of ${TRAITS.join(', ')}`);
  if (typeof name !== 'string' || !NAME.test(name))
    faults.push(`${path}.name: a name in small letters, digits and hyphens`);
  return { trait: known ?? 'class', name: String(name) };
}

function parsed(text: string, faults: string[]): unknown {
  try {
    return parse(text, { schema: 'failsafe' }) as unknown;
  } catch (cause) {
    faults.push(`$: ${cause instanceof Error ? cause.message : 'no YAML'}`);
    return {};
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

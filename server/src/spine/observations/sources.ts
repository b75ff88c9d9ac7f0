import type { Canonical } from '../../kernel/canonical-json.ts';
import type { Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { stage } from '../ledger/stage.ts';
import type { RecordFormat } from './format.ts';
import { plainProfile, type SourceProfile } from './source-profile.ts';
import { addSource, sourceByName } from './store.ts';

export { type Batch, batchById, listBatches, listSources, type Source, sourceById } from './store.ts';

export type SourceCode = 'format-unknown' | 'profile-refused' | 'source-name-taken' | 'zone-unknown';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const UNITS: ReadonlySet<string> = new Set(['B', 'kB', 'KiB', 'MB', 'MiB']);
const COUNTERS: ReadonlySet<string> = new Set(['delta', 'per-series', 'per-cycle']);
const DIRECTIONS: ReadonlySet<string> = new Set(['as-standard', 'swapped']);
/** The longest late window: 400 days. */
const LATEST_MS = 400 * 86_400_000;

/**
 * Registers a source with what it declares of itself (cards.md §3.0); what it does not declare is as in
 * `plainProfile`. All faults are told at once, as sentences.
 */
export async function registerSource(
  tx: Tx,
  formats: ReadonlyMap<string, RecordFormat>,
  actor: { partyId: number; label: string },
  asked: { name: string; format: string; profile: Partial<SourceProfile> },
  atMs: number,
): Promise<number> {
  const format = formats.get(asked.format);
  if (format === undefined)
    throw new Refusal<SourceCode>('format-unknown', {
      detail: { format: asked.format, known: [...formats.keys()].join(', ') },
    });
  const profile: SourceProfile = { ...plainProfile, ...asked.profile };
  const faults = [...faultsOf(asked.name, profile), ...format.checkProfile(profile)];
  if (faults.length > 0)
    throw new Refusal<SourceCode>('profile-refused', { detail: { faults: faults.join('; ') } });
  if ((await sourceByName(tx, asked.name)) !== undefined)
    throw new Refusal<SourceCode>('source-name-taken', { detail: { name: asked.name } });
  const sourceId = await addSource(tx, {
    partyId: actor.partyId,
    name: asked.name,
    format: asked.format,
    profile,
    atMs,
  });
  await stage(tx, {
    act: 'source-registered',
    object: `source/${sourceId}`,
    partyId: actor.partyId,
    actor: actor.label,
    atMs,
    detail: { format: asked.format, profile: profile as unknown as Canonical },
  });
  return sourceId;
}

function faultsOf(name: string, profile: SourceProfile): string[] {
  const faults: string[] = [];
  if (!NAME.test(name)) faults.push('name: lower-case letters, digits and hyphens, 1 to 63 of them');
  if (!UNITS.has(profile.unit)) faults.push('unit: one of B, kB, KiB, MB, MiB');
  if (!COUNTERS.has(profile.counter)) faults.push('counter: one of delta, per-series, per-cycle');
  if (!DIRECTIONS.has(profile.direction)) faults.push('direction: as-standard or swapped');
  if (!isZone(profile.zone)) faults.push(`zone: "${profile.zone}" is no IANA zone such as Asia/Shanghai`);
  const late = profile.lateWindowMs;
  if (!Number.isSafeInteger(late) || late < 0 || late > LATEST_MS)
    faults.push('lateWindowMs: a whole number of milliseconds up to 400 days');
  return faults;
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

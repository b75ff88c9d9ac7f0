import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { DAY_MS, MINUTE_MS } from '../../../kernel/time.ts';
import type { Hand } from '../../cases/work.ts';
import { stage } from '../../ledger/stage.ts';
import type { MeasureCode, Provider, ProviderSettings } from '../measure.ts';
import type { Adapter, MeasureDesk } from '../ports.ts';
import { type Policy, putPolicy, putProvider } from './store.ts';

export { listPolicies, listProviders, type Policy, providerById } from './store.ts';

/** What a work order takes at the slowest platforms: one to two working days (cards.md §6.2). */
const DEFAULT_DUE_MS = 2 * DAY_MS;
const DEFAULT_QUIET_MS = 30 * MINUTE_MS;
const MOST_OPTIONS = 20;

export interface WantedProvider {
  readonly partyId: number;
  readonly name: string;
  readonly adapter: string;
  readonly settings: Partial<ProviderSettings>;
}

/**
 * Registers a provider of the party, or gives the one of that name other settings. Only addresses of
 * the adapter's schemes (HTTP and HTTPS as a rule) without a password in them are taken. Refuses `provider-settings-invalid`.
 */
export async function registerProvider(
  tx: Tx,
  desk: MeasureDesk,
  wanted: WantedProvider,
  hand: Hand,
): Promise<Provider> {
  const adapter = desk.adapters[wanted.adapter];
  if (adapter === undefined) throw invalid('adapter');
  const settings = {
    ...checkedSettings(wanted.settings, adapter),
    ...checkedVersion(wanted.settings.version, adapter.version),
  };
  if (adapter.secrets !== undefined && desk.outside?.faultOf(settings.url) !== null) throw invalid('url');
  const provider = await putProvider(tx, { ...wanted, settings });
  await stage(tx, {
    act: 'provider-set',
    object: `provider/${provider.providerId}`,
    partyId: provider.partyId,
    ...hand,
    detail: { adapter: provider.adapter, dueMs: settings.dueMs, quietMs: settings.quietMs },
  });
  return provider;
}

/** Sets what a party lets the corridor order by itself for a rule. Refuses `measure-kind-unknown`. */
export async function setPolicy(
  tx: Tx,
  desk: MeasureDesk,
  wanted: Pick<Policy, 'partyId' | 'ruleId' | 'measure' | 'mode'>,
  hand: Hand,
): Promise<Policy> {
  if (!desk.kinds.some(kind => kind.kind === wanted.measure))
    throw new Refusal<MeasureCode>('measure-kind-unknown', { detail: { kind: wanted.measure } });
  const policy = { ...wanted, setBy: hand.actor, setAtMs: hand.atMs };
  await putPolicy(tx, policy);
  await stage(tx, {
    act: 'measure-policy-set',
    object: `rule/${wanted.ruleId}`,
    partyId: wanted.partyId,
    ...hand,
    detail: { measure: wanted.measure, mode: wanted.mode },
  });
  return policy;
}

function checkedSettings(given: Partial<ProviderSettings>, adapter: Adapter): ProviderSettings {
  const schemes = adapter.schemes ?? ['http:', 'https:'];
  const { options = {}, url = '', dueMs = DEFAULT_DUE_MS, quietMs = DEFAULT_QUIET_MS } = given;
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !schemes.includes(parsed.protocol)) throw invalid('url');
  if (parsed.username !== '' || parsed.password !== '') throw invalid('url');
  if (!Number.isSafeInteger(dueMs) || dueMs < 1_000 || dueMs > 400 * DAY_MS) throw invalid('dueMs');
  if (!Number.isSafeInteger(quietMs) || quietMs < 1_000 || quietMs > 400 * DAY_MS) throw invalid('quietMs');
  return { url, dueMs, quietMs, ...checkedOptions(options, adapter) };
}

/** Names the option that can't be used. */
function checkedOptions(
  options: Readonly<Record<string, string>>,
  { faultOfOptions }: Adapter,
): Pick<ProviderSettings, 'options'> {
  const names = Object.keys(options);
  if (names.length === 0) return {};
  if (faultOfOptions === undefined || names.length > MOST_OPTIONS) throw invalid('options');
  const fault = faultOfOptions(options);
  if (fault !== null) throw invalid(`options.${fault.slice(0, 40)}`);
  return { options };
}

/** One segment of a path, `v0.1`, `v0.1rc1`, `vwip`. */
function checkedVersion(given: string | undefined, usual: string | undefined): { version?: string } {
  if (usual === undefined && given !== undefined) throw invalid('version');
  if (given !== undefined && !/^v[a-z0-9]{1,12}(?:\.[a-z0-9]{1,12}){0,3}$/.test(given))
    throw invalid('version');
  return usual === undefined ? {} : { version: given ?? usual };
}

function invalid(setting: string): Refusal<MeasureCode> {
  return new Refusal<MeasureCode>('provider-settings-invalid', { detail: { setting } });
}

import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { type RecordDoors, recorded } from '../../../spine/registry/recorded.ts';
import type { GatewayCode } from '../codes.ts';
import type { Rights } from './rights.ts';
import * as store from './store.ts';
import { faultOfPattern, MOST_PATTERNS } from './topics.ts';

export { listRights, type SetRights } from './store.ts';

type Doer = { readonly partyId: number; readonly label: string };

/**
 * Sets what devices of a product may publish and subscribe to; what was set before is replaced, and live sessions are
 * held to it within a second (I-18). The change and the ledger's entry commit together. Refuses `topics-refused` with the
 * pattern and what is wrong with it.
 */
export async function setRights(
  doors: RecordDoors,
  doer: Doer,
  product: string,
  { publish, subscribe }: Rights,
): Promise<store.SetRights> {
  const object = `gateway-rights/${product}`;
  const attempt = { act: 'gateway-rights-set', object, partyId: doer.partyId, actor: doer.label };
  return await recorded(doors, attempt, async tx => {
    refuseUnfit(object, { publish, subscribe });
    const set = await put(tx, doors, doer, product, { publish, subscribe });
    return { result: set, detail: { publish: [...publish], subscribe: [...subscribe] } };
  });
}

/**
 * Adds patterns to what devices of a product may, or takes them away; the others stay, whoever changes them meanwhile.
 * Adding what is there, and taking away what is not, changes nothing and is on record. Refuses as `setRights`.
 */
export async function changeRights(
  doors: RecordDoors,
  doer: Doer,
  product: string,
  how: 'granted' | 'revoked',
  patterns: Rights,
): Promise<store.SetRights> {
  const object = `gateway-rights/${product}`;
  const attempt = { act: `gateway-rights-${how}`, object, partyId: doer.partyId, actor: doer.label };
  return await recorded(doors, attempt, async tx => {
    const { partyId, label } = doer;
    const nothing = { product, publish: [], subscribe: [], setBy: label, setAtMs: doors.clock.now() };
    const now = await store.lockRights(tx, partyId, nothing);
    const next = {
      publish: changed(now.publish, how, patterns.publish),
      subscribe: changed(now.subscribe, how, patterns.subscribe),
    };
    if (how === 'granted') refuseUnfit(object, next);
    const set = await put(tx, doors, doer, product, next);
    const detail = { publish: [...patterns.publish], subscribe: [...patterns.subscribe] };
    return { result: set, detail: { ...detail, now: { publish: next.publish, subscribe: next.subscribe } } };
  });
}

function changed(now: readonly string[], how: 'granted' | 'revoked', patterns: readonly string[]): string[] {
  if (how === 'granted') return [...new Set([...now, ...patterns])];
  return now.filter(each => !patterns.includes(each));
}

function refuseUnfit(object: string, { publish, subscribe }: Rights): void {
  for (const pattern of [...publish, ...subscribe]) {
    const what = faultOfPattern(pattern);
    if (what !== null)
      throw new Refusal<GatewayCode>('topics-refused', { subject: object, detail: { pattern, what } });
  }
  if (publish.length > MOST_PATTERNS || subscribe.length > MOST_PATTERNS)
    throw new Refusal<GatewayCode>('topics-refused', {
      subject: object,
      detail: { pattern: '', what: 'too many' },
    });
}

async function put(
  tx: Tx,
  { clock }: RecordDoors,
  { partyId, label }: Doer,
  product: string,
  rights: Rights,
): Promise<store.SetRights> {
  const set = { product, ...rights, setBy: label, setAtMs: clock.now() };
  await store.putRights(tx, partyId, set);
  return set;
}

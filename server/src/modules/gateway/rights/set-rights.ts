import { Refusal } from '../../../kernel/refusal.ts';
import { type RecordDoors, recorded } from '../../../spine/registry/recorded.ts';
import type { GatewayCode } from '../codes.ts';
import type { Rights } from './rights.ts';
import * as store from './store.ts';
import { faultOfPattern, MOST_PATTERNS } from './topics.ts';

export { listRights, type SetRights } from './store.ts';

/**
 * Sets what devices of a product may publish and subscribe to; what was set before is replaced, and live sessions are
 * held to it within a second (I-18). The change and the ledger's entry commit together. Refuses `topics-refused` with the
 * pattern and what is wrong with it.
 */
export async function setRights(
  doors: RecordDoors,
  doer: { readonly partyId: number; readonly label: string },
  product: string,
  { publish, subscribe }: Rights,
): Promise<store.SetRights> {
  const object = `gateway-rights/${product}`;
  const attempt = { act: 'gateway-rights-set', object, partyId: doer.partyId, actor: doer.label };
  return await recorded(doors, attempt, async tx => {
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
    const set = { product, publish, subscribe, setBy: doer.label, setAtMs: doors.clock.now() };
    await store.putRights(tx, doer.partyId, set);
    return { result: set, detail: { publish: [...publish], subscribe: [...subscribe] } };
  });
}

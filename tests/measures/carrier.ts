import { simulatedProvider } from '../../server/src/modules/cards/adapters/simulated-provider.ts';
import { suspendCard } from '../../server/src/modules/cards/measures/suspend-card.ts';
import type { OtherSide } from '../../server/src/spine/measures/testing/scene.ts';

/** The measures and the adapter of the cards module, toward a simulated platform at an address. */
export function carrierAt(url: string): OtherSide {
  return { url, kinds: [suspendCard], adapters: { 'simulated-provider': simulatedProvider } };
}

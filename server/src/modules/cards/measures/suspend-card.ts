import type { TitledMeasure } from '../../../spine/contribution.ts';
import { whyNotInUse } from '../gate/lifting.ts';

/**
 * Stops a card at its provider. The kind of block is part of the order: a permanent reject makes a compliant
 * modem stop trying, a temporary one leaves it retrying (cards.md §6.2; C-41). It is lifted only while the gate would
 * let the card be in use (C-01).
 */
export const suspendCard: TitledMeasure = {
  kind: 'suspend-card',
  title: { en: 'Suspend the card', zh: '停卡' },
  applies: 'suspend',
  lifts: 'resume',
  terms: { kind: ['permanent-reject', 'temporary-reject'] },
  whyNotLifted: whyNotInUse,
};

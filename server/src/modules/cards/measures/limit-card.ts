import type { TitledMeasure } from '../../../spine/contribution.ts';
import { whyNotInUse } from '../gate/lifting.ts';

/**
 * Holds a card to the slowest its carrier has; a carrier that cannot refuses. Within that it may go on sending, so its
 * traffic says nothing against the limit (C-40). Lifted only by the gate's leave (C-01).
 */
export const limitCard: TitledMeasure = {
  kind: 'limit-card',
  title: { en: 'Limit the speed of the card', zh: '限速' },
  applies: 'limit',
  lifts: 'unlimit',
  terms: {},
  leavesTraffic: true,
  whyNotLifted: whyNotInUse,
};

import type { TitledMeasure } from '../../../spine/contribution.ts';
import { whyNotInUse } from '../gate/lifting.ts';

/** Holds a card to the slowest its carrier has; a carrier that cannot refuses. Lifted only by the gate's leave (C-01). */
export const limitCard: TitledMeasure = {
  kind: 'limit-card',
  title: { en: 'Limit the speed of the card', zh: '限速' },
  applies: 'limit',
  lifts: 'unlimit',
  terms: {},
  whyNotLifted: whyNotInUse,
};

import type { TitledMeasure } from '../../../spine/contribution.ts';

/** Ends a card at its carrier for good: no lifting brings it back, only another card. */
export const terminateCard: TitledMeasure = {
  kind: 'terminate-card',
  title: { en: 'End the card for good', zh: '销卡' },
  applies: 'terminate',
  lifts: null,
  terms: {},
};

import type { TitledMeasure } from '../../../spine/contribution.ts';

/** Has the operator hold the card to the area it has for it; only operators that offer it do (CAMARA, C-53). */
export const holdArea: TitledMeasure = {
  kind: 'hold-area',
  title: { en: 'Hold the card to its area at the operator', zh: '在运营方限定使用区域' },
  applies: 'hold-area',
  lifts: 'release-area',
  terms: {},
  leavesTraffic: true,
};

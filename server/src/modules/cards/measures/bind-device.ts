import type { TitledMeasure } from '../../../spine/contribution.ts';

/** Has the operator bind the card to the device it is in; only operators that offer it do (CAMARA, C-53). */
export const bindDevice: TitledMeasure = {
  kind: 'bind-device',
  title: { en: 'Bind the card to its device at the operator', zh: '在运营方绑定机卡' },
  applies: 'bind-device',
  lifts: 'unbind-device',
  terms: {},
  leavesTraffic: true,
};

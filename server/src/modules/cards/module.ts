import type { Contribution } from '../../spine/contribution.ts';
import { simulatedProvider } from './adapters/simulated-provider.ts';
import { freeradiusDetail } from './formats/freeradius-detail.ts';
import { genericCsv } from './formats/generic-csv.ts';
import { tap3 } from './formats/tap3.ts';
import { cardsImport } from './imports/cards.ts';
import { contractsImport } from './imports/contracts.ts';
import { aliasesImport, bindingsImport, poolsImport, swapWindowsImport } from './imports/devices.ts';
import { CARD, CONTRACT, DEVICE_POOL } from './imports/registration.ts';
import { suspendCard } from './measures/suspend-card.ts';
import { cardUsage } from './model.ts';
import { boundAt, boundSchema } from './restrictions.ts';
import { trafficOf } from './traffic.ts';

/** Everything the room of cards brings to the corridor. */
export const cards: Contribution = {
  module: 'cards',
  kinds: [
    { kind: CARD, title: { en: 'IoT card', zh: '物联网卡' } },
    { kind: CONTRACT, title: { en: 'Contract', zh: '合同' } },
    { kind: DEVICE_POOL, title: { en: 'Device pool', zh: '设备池' } },
  ],
  formats: [tap3, freeradiusDetail, genericCsv],
  observationKinds: [cardUsage],
  boundAt,
  boundSchema,
  measures: [suspendCard],
  adapters: { 'simulated-provider': simulatedProvider },
  trafficOf,
  imports: [cardsImport, contractsImport, bindingsImport, poolsImport, swapWindowsImport, aliasesImport],
};

import type { Contribution } from '../../spine/contribution.ts';
import { camara, camaraByKey, camaraByToken } from './adapters/carriers/camara/camara.ts';
import { CARRIER_CODES } from './adapters/carriers/codes.ts';
import { controlCenter } from './adapters/carriers/control-center.ts';
import { emnify } from './adapters/carriers/emnify.ts';
import { onelink } from './adapters/carriers/onelink.ts';
import { soracom } from './adapters/carriers/soracom.ts';
import { faultOfLimit } from './adapters/radius/limit-form.ts';
import { openRadius } from './adapters/radius/live.ts';
import { radiusPort } from './adapters/radius/port.ts';
import { simulatedProvider } from './adapters/simulated-provider.ts';
import { CAMARA_CODES } from './camara/faults.ts';
import { camaraRoutes } from './camara/routes.ts';
import { eventRound } from './camara/subscriptions/round.ts';
import { watchRound } from './camara/watches/round.ts';
import { watchRoutes } from './camara/watches/routes.ts';
import { basisOf, edgesOf, readCardClasses } from './card-classes.ts';
import { cardCheck, cardCheckFormat } from './checks/card-check.ts';
import { firstBillRound } from './contracts/bindings/first-bills.ts';
import { CONTRACT_CODES } from './contracts/contract-code.ts';
import { contractRoutes } from './contracts/routes.ts';
import { readSaleRules } from './contracts/sale-rules.ts';
import { detectionRoutes } from './detection-routes.ts';
import { readDeviceModels } from './device-models.ts';
import { driftRoutes } from './drift/routes.ts';
import { ACCOUNT, driftRound } from './drift/sweep.ts';
import { cardTables } from './export-tables.ts';
import { FORMATS } from './formats/all.ts';
import { claimsOf } from './identifiers/claims.ts';
import { cardsImport } from './imports/cards.ts';
import { contractsImport } from './imports/contracts.ts';
import {
  aliasesImport,
  bindingsImport,
  campaignsImport,
  outagesImport,
  poolsImport,
  swapWindowsImport,
} from './imports/devices.ts';
import { providerFindingsImport } from './imports/provider-findings.ts';
import { CARD, CONTRACT, DEVICE_POOL } from './imports/registration.ts';
import { bindDevice } from './measures/bind-device.ts';
import { holdArea } from './measures/hold-area.ts';
import { limitCard } from './measures/limit-card.ts';
import { suspendCard } from './measures/suspend-card.ts';
import { terminateCard } from './measures/terminate-card.ts';
import { cardUsage } from './model.ts';
import { RADIUS_CODES, radiusRoutes } from './radius-routes.ts';
import { RESELLER_CODES } from './resellers/resellers.ts';
import { resellerRound } from './resellers/round.ts';
import { resellerRoutes } from './resellers/routes.ts';
import { boundAt } from './restrictions.ts';
import { SHORTFALL_CODES } from './shortfalls/polls.ts';
import { FEED, shortfallRound } from './shortfalls/round.ts';
import { shortfallRoutes } from './shortfalls/routes.ts';
import { sourcePart } from './source/part.ts';
import { shelveCatalogues } from './source/shelve.ts';
import { boundSchema } from './terms.ts';
import { withToldTogether } from './told-together.ts';
import { trafficOf } from './traffic.ts';

/** What the room reads from the shelves: texts by file name. */
export interface CardShelves {
  readonly cardClasses: ReadonlyMap<string, string>;
  readonly deviceModels: ReadonlyMap<string, string>;
  readonly saleRules?: ReadonlyMap<string, string>;
  readonly cardSource?: ReadonlyMap<string, string>;
}

/** Everything the room of cards brings to the corridor. Throws a `Refusal` for a catalogue that cannot be read. */
export function cards(shelves: CardShelves): Contribution {
  const classes = [...shelves.cardClasses].map(([name, text]) => readCardClasses(text, name));
  const models = readDeviceModels(shelves.deviceModels.values());
  const saleRules = [...(shelves.saleRules ?? [])].map(([name, text]) => readSaleRules(text, name));
  const source = sourcePart(shelves.cardSource ?? new Map());
  return {
    module: 'cards',
    kinds: [
      { kind: CARD, title: { en: 'IoT card', zh: '物联网卡' }, claimsOf },
      { kind: CONTRACT, title: { en: 'Contract', zh: '合同' } },
      { kind: DEVICE_POOL, title: { en: 'Device pool', zh: '设备池' } },
      { kind: ACCOUNT, title: { en: 'Account at a provider', zh: '连接服务商账户' } },
      { kind: FEED, title: { en: 'Feed of a provider', zh: '连接服务商数据推送' } },
      ...source.kinds,
    ],
    formats: [...FORMATS.map(format => withToldTogether(format, models)), cardCheckFormat],
    observationKinds: [cardUsage, cardCheck],
    boundAt: (facts, atMs) => boundAt(facts, atMs, classes),
    boundEdges: edgesOf(classes),
    boundBasis: basisOf(classes),
    boundSchema,
    measures: [suspendCard, limitCard, terminateCard, bindDevice, holdArea],
    adapters: {
      'simulated-provider': simulatedProvider,
      emnify,
      soracom,
      'control-center': controlCenter,
      onelink,
      camara,
      'camara-key': camaraByKey,
      'camara-token': camaraByToken,
      radius: Object.assign(radiusPort, {
        schemes: ['radius:'],
        actions: ['suspend', 'resume', 'limit', 'unlimit'],
        faultOfOptions: faultOfLimit,
      }),
    },
    open: async doors => {
      // The gate decides by the shelf in the database, and opens for nobody before it is there.
      await shelveCatalogues(doors, source.catalogues);
      return openRadius(doors);
    },
    trafficOf,
    imports: [
      cardsImport,
      contractsImport,
      bindingsImport,
      poolsImport,
      swapWindowsImport,
      campaignsImport,
      outagesImport,
      providerFindingsImport,
      aliasesImport,
    ],
    routes: [
      ...contractRoutes(saleRules),
      ...camaraRoutes(saleRules),
      ...watchRoutes,
      ...resellerRoutes(saleRules),
      ...radiusRoutes,
      ...detectionRoutes,
      ...driftRoutes,
      ...shortfallRoutes,
      ...source.routes,
    ],
    rounds: [
      ...source.rounds,
      resellerRound(saleRules),
      firstBillRound(saleRules),
      eventRound,
      watchRound,
      driftRound,
      shortfallRound,
    ],
    exportTables: cardTables,
    codes: [
      ...CONTRACT_CODES,
      ...RESELLER_CODES,
      ...RADIUS_CODES,
      ...CARRIER_CODES,
      ...CAMARA_CODES,
      ...SHORTFALL_CODES,
      ...source.codes,
    ],
  };
}

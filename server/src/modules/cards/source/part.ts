import type { Contribution } from '../../../spine/contribution.ts';
import { GATE_CODES, SOURCE_CODES } from '../gate/gate-code.ts';
import { HOLDER, SELLER, SUPPLIER } from '../gate/move-cards.ts';
import { dynamicRiskRound, testTermRound } from '../gate/rounds.ts';
import { gateRoutes } from '../gate/routes.ts';
import { riskRoutes } from '../risk/routes.ts';
import { type CardCatalogue, readCardCatalogue } from './catalogues.ts';
import { sourceRoutes } from './routes.ts';

/** What source management, the gate and risk bring to the room of cards. */
export function sourcePart(texts: ReadonlyMap<string, string>): {
  readonly catalogues: readonly CardCatalogue[];
  readonly kinds: Contribution['kinds'];
  readonly routes: NonNullable<Contribution['routes']>;
  readonly rounds: NonNullable<Contribution['rounds']>;
  readonly codes: readonly string[];
} {
  return {
    catalogues: [...texts].map(([name, text]) => readCardCatalogue(text, name)),
    kinds: [
      { kind: SUPPLIER, title: { en: 'Supplier', zh: '供应商' } },
      { kind: HOLDER, title: { en: 'Holder', zh: '持卡人' } },
      { kind: SELLER, title: { en: 'Seller', zh: '销售方' } },
    ],
    routes: [...sourceRoutes, ...gateRoutes, ...riskRoutes],
    rounds: [testTermRound, dynamicRiskRound],
    codes: [...GATE_CODES, ...SOURCE_CODES],
  };
}

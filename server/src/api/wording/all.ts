import { camaraWording } from './camara.ts';
import { cardSourceWording } from './card-source.ts';
import { carriersWording } from './carriers.ts';
import { casesWording } from './cases.ts';
import { contractsWording } from './contracts.ts';
import { devicesWording } from './devices.ts';
import { doorWording } from './door.ts';
import { gatewayWording } from './gateway.ts';
import { ledgerWording } from './ledger.ts';
import { looksWording } from './looks.ts';
import { measureBatchesWording } from './measure-batches.ts';
import { noticesWording } from './notices.ts';
import { observationsWording } from './observations.ts';
import { privacyWording } from './privacy.ts';
import { radiusWording } from './radius.ts';
import { registryWording } from './registry.ts';
import { regulatorWording } from './regulator.ts';
import { responsibilityWording } from './responsibility.ts';
import { rulesWording } from './rules.ts';
import { twoPersonsWording } from './two-persons.ts';
import type { Wording } from './wording.ts';

/** Every refusal a request can meet. A code that is missing here answers 500 and is logged. */
export const allWording: ReadonlyMap<string, Wording> = new Map(
  Object.entries({
    ...devicesWording,
    ...gatewayWording,
    ...doorWording,
    ...ledgerWording,
    ...registryWording,
    ...observationsWording,
    ...carriersWording,
    ...casesWording,
    ...camaraWording,
    ...contractsWording,
    ...measureBatchesWording,
    ...looksWording,
    ...noticesWording,
    ...privacyWording,
    ...radiusWording,
    ...cardSourceWording,
    ...regulatorWording,
    ...responsibilityWording,
    ...rulesWording,
    ...twoPersonsWording,
  }),
);

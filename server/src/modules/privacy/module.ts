import type { Contribution } from '../../spine/contribution.ts';
import { readPersonalDataRules } from './catalogue.ts';
import { HOLDER, PRIVACY_CODES } from './model.ts';
import { tendVault } from './rotation.ts';
import { personRoutes } from './routes/persons.ts';
import { vaultRoutes } from './routes/vault.ts';

/** What the room reads from the shelves: texts by file name. */
export interface PrivacyShelves {
  readonly personalData: ReadonlyMap<string, string>;
}

/** Everything the room of personal data brings. Throws a `Refusal` for a catalogue that cannot be read. */
export function privacy(shelves: PrivacyShelves): Contribution {
  const editions = [...shelves.personalData].map(([name, text]) => readPersonalDataRules(text, name));
  return {
    module: 'privacy',
    kinds: [{ kind: HOLDER, title: { en: 'Holder', zh: '持有人' } }],
    formats: [],
    observationKinds: [],
    boundAt: () => ({}),
    boundEdges: [],
    boundBasis: [],
    boundSchema: {},
    measures: [],
    adapters: {},
    trafficOf: () => 'neither',
    imports: [],
    routes: [...personRoutes(editions), ...vaultRoutes()],
    rounds: [{ name: 'vault', restMs: 5_000, step: tendVault }],
    codes: PRIVACY_CODES,
  };
}

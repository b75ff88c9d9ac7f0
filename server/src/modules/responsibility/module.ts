import type { Contribution } from '../../spine/contribution.ts';
import { lapseOverdue } from './campaigns/campaigns.ts';
import { lapseRound } from './campaigns/lapse-measures.ts';
import {
  dutyCheck,
  dutyCheckFormat,
  RESPONSIBILITY_CODES,
  RESPONSIBLE,
  tellMissedDuties,
} from './duties/duties.ts';
import { responsibilityRoutes } from './routes.ts';
import { readDutyKinds, readPenalties } from './shelves.ts';

/** What the room reads from the shelves: texts by file name. */
export interface ResponsibilityShelves {
  readonly duties: ReadonlyMap<string, string>;
  readonly penalties: ReadonlyMap<string, string>;
}

const REST_MS = 5_000;

/** Everything the room of responsibility brings to the corridor. Throws a `Refusal` for a catalogue that cannot be read. */
export function responsibility(shelves: ResponsibilityShelves): Contribution {
  const kinds = [...shelves.duties].flatMap(([name, text]) => readDutyKinds(text, name));
  const penalties = [...shelves.penalties].flatMap(([name, text]) => readPenalties(text, name));
  return {
    module: 'responsibility',
    kinds: [{ kind: RESPONSIBLE, title: { en: 'Responsible', zh: '责任主体' } }],
    formats: [dutyCheckFormat],
    observationKinds: [dutyCheck],
    boundAt: () => ({}),
    boundEdges: [],
    boundBasis: [],
    boundSchema: {},
    measures: [],
    adapters: {},
    trafficOf: () => 'neither',
    imports: [],
    routes: responsibilityRoutes(kinds, penalties),
    rounds: [
      {
        name: 'missed duties',
        restMs: REST_MS,
        step: async doors => (await tellMissedDuties(doors)) >= 1_000,
      },
      {
        name: 'lapsed inspections',
        restMs: REST_MS,
        step: async doors => (await lapseOverdue(doors)) >= 500,
      },
      lapseRound,
    ],
    codes: RESPONSIBILITY_CODES,
  };
}

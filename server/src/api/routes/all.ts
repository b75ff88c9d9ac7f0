import type { RouteFile } from '../app.ts';
import type { EventHub } from '../events.ts';
import { apiKeysRoutes } from './api-keys.ts';
import { backTestsRoutes } from './back-tests.ts';
import { batchesRoutes } from './batches.ts';
import { casesRoutes } from './cases.ts';
import { clearExportsRoutes } from './clear-exports.ts';
import { eventsRoutes } from './events.ts';
import { evidenceRoutes } from './evidence.ts';
import { exportsRoutes } from './exports.ts';
import { findingsRoutes } from './findings.ts';
import { healthRoutes } from './health.ts';
import { hooksRoutes } from './hooks.ts';
import { importsRoutes } from './imports.ts';
import { laddersRoutes } from './ladders.ts';
import { ledgerRoutes } from './ledger.ts';
import { ledgerSuccessionRoutes } from './ledger-succession.ts';
import { measureBatchesRoutes } from './measure-batches.ts';
import { measuresRoutes } from './measures.ts';
import { ofModulesRoutes } from './of-modules.ts';
import { partiesRoutes } from './parties.ts';
import { peopleRoutes } from './people.ts';
import { providerRoutes } from './provider.ts';
import { providersRoutes } from './providers.ts';
import { quarantineRoutes } from './quarantine.ts';
import { recordsRoutes } from './records.ts';
import { regulatorExportsRoutes } from './regulator-exports.ts';
import { rulesRoutes } from './rules.ts';
import { secondFactorRoutes } from './second-factor.ts';
import { sessionRoutes } from './session.ts';
import { sessionsRoutes } from './sessions.ts';
import { sourcesRoutes } from './sources.ts';
import { standingRoutes } from './standing.ts';
import { statedAliasesRoutes } from './stated-aliases.ts';
import { statusRoutes } from './status.ts';
import { subjectsRoutes } from './subjects.ts';
import { subscribersRoutes } from './subscribers.ts';
import { twoPersonsRoutes } from './two-persons.ts';
import { usageRoutes } from './usage.ts';

/** Every file of routes, in the order of the corridor. */
export function apiRoutes(events: EventHub): readonly RouteFile[] {
  return [
    healthRoutes,
    statusRoutes,
    sessionRoutes,
    sessionsRoutes,
    secondFactorRoutes,
    providerRoutes,
    ledgerRoutes,
    ledgerSuccessionRoutes,
    partiesRoutes,
    peopleRoutes,
    apiKeysRoutes,
    importsRoutes,
    exportsRoutes,
    regulatorExportsRoutes,
    clearExportsRoutes,
    statedAliasesRoutes,
    subjectsRoutes,
    usageRoutes,
    standingRoutes,
    sourcesRoutes,
    batchesRoutes,
    recordsRoutes,
    hooksRoutes,
    quarantineRoutes,
    rulesRoutes,
    backTestsRoutes,
    findingsRoutes,
    casesRoutes,
    evidenceRoutes,
    measuresRoutes,
    measureBatchesRoutes,
    laddersRoutes,
    twoPersonsRoutes,
    providersRoutes,
    subscribersRoutes,
    ofModulesRoutes,
    eventsRoutes(events),
  ];
}

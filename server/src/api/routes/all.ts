import type { RouteFile } from '../app.ts';
import { batchesRoutes } from './batches.ts';
import { evidenceRoutes } from './evidence.ts';
import { ledgerRoutes } from './ledger.ts';
import { quarantineRoutes } from './quarantine.ts';
import { rulesRoutes } from './rules.ts';
import { sourcesRoutes } from './sources.ts';

/** Every file of routes, in the order of the corridor. */
export const apiRoutes: readonly RouteFile[] = [
  ledgerRoutes,
  sourcesRoutes,
  batchesRoutes,
  quarantineRoutes,
  rulesRoutes,
  evidenceRoutes,
];

import type { Contribution } from '../../spine/contribution.ts';
import { STAFF, staffCheck, staffCheckFormat, tellAlarms } from './alarms.ts';
import { liftUpheld } from './appeals.ts';
import { missReports } from './authority-reports.ts';
import { readPersonalDataRules } from './catalogue.ts';
import { endCredit } from './credit.ts';
import { holderTable } from './export-tables.ts';
import { missInformants } from './informants.ts';
import { HOLDER, PRIVACY_CODES } from './model.ts';
import { issueNotices, issueTaskNotices } from './notices.ts';
import { lapseReVerifications } from './re-verify.ts';
import { tendVault } from './rotation.ts';
import { authorityReportRoutes } from './routes/authority-reports.ts';
import { creditRoutes } from './routes/credit.ts';
import { informantRoutes } from './routes/informants.ts';
import { personRoutes } from './routes/persons.ts';
import { reVerificationRoutes } from './routes/re-verifications.ts';
import { remedyRoutes } from './routes/remedies.ts';
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
    kinds: [
      { kind: HOLDER, title: { en: 'Holder', zh: '持有人' } },
      { kind: STAFF, title: { en: 'Staff account', zh: '工作人员账户' } },
    ],
    formats: [staffCheckFormat],
    observationKinds: [staffCheck],
    boundAt: () => ({}),
    boundEdges: [],
    boundBasis: [],
    boundSchema: {},
    measures: [],
    adapters: {},
    trafficOf: () => 'neither',
    imports: [],
    routes: [
      ...personRoutes(editions),
      ...vaultRoutes(),
      ...reVerificationRoutes(),
      ...remedyRoutes(editions),
      ...authorityReportRoutes(editions),
      ...informantRoutes(editions),
      ...creditRoutes(editions),
    ],
    rounds: [
      { name: 'vault', restMs: 5_000, step: tendVault },
      { name: 'bulk-read alarms', restMs: 2_000, step: tellAlarms },
      { name: 're-verifications', restMs: 2_000, step: lapseReVerifications },
      { name: 'remedy-notices', restMs: 2_000, step: doors => issueNotices(doors, editions) },
      { name: 'task-notices', restMs: 2_000, step: doors => issueTaskNotices(doors, editions) },
      { name: 'upheld-appeals', restMs: 5_000, step: liftUpheld },
      { name: 'authority-reports', restMs: 10_000, step: missReports },
      { name: 'informants', restMs: 10_000, step: missInformants },
      { name: 'credit', restMs: 60_000, step: endCredit },
    ],
    exportTables: [holderTable(editions)],
    codes: PRIVACY_CODES,
  };
}

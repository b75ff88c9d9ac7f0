import type { Command } from 'commander';
import type { Desk } from '../desk.ts';
import { addAuthorities } from './authorities.ts';
import { addBackup, addRestore } from './backup.ts';
import { addCamara } from './camara.ts';
import { addCases } from './cases.ts';
import { addCertificates } from './certificates.ts';
import { addCredit } from './credit.ts';
import { addDevices } from './devices.ts';
import { addEvidence } from './evidence.ts';
import { addExport } from './export.ts';
import { addFeed } from './feed.ts';
import { addFindings } from './findings.ts';
import { addGateway } from './gateway.ts';
import { addHooks } from './hooks.ts';
import { addImport } from './import.ts';
import { addLedger } from './ledger.ts';
import { addLogin } from './login.ts';
import { addLogout } from './logout.ts';
import { addMeasures } from './measures.ts';
import { addPeople } from './people.ts';
import { addPersons, addUnmask, addVault, addVerifyIdentity } from './persons.ts';
import { addPost } from './post.ts';
import { addPolicies, addProviders } from './providers.ts';
import { addQuarantine } from './quarantine.ts';
import { addRadius } from './radius.ts';
import { addRegulator } from './regulator.ts';
import { addRejudge } from './rejudge.ts';
import { addAppeals, addNotices, addReVerify } from './remedies.ts';
import { addInformants, addReports } from './reports.ts';
import { addRevocations } from './revocations.ts';
import { addRules } from './rules.ts';
import { addSale } from './sale.ts';
import { addScore } from './score.ts';
import { addSimulate } from './simulate.ts';
import { addSource } from './source.ts';
import { addSources } from './sources.ts';
import { addStatus } from './status.ts';
import { addTable } from './table.ts';
import { addTac } from './tac.ts';
import { addUsage } from './usage.ts';
import { addVerify } from './verify.ts';

/** Every command, in the order the help shows them. */
export const commands: readonly ((program: Command, desk: Desk) => void)[] = [
  addLogin,
  addLogout,
  addStatus,
  addPeople,
  addImport,
  addSources,
  addExport,
  addRegulator,
  addFeed,
  addPost,
  addHooks,
  addRadius,
  addQuarantine,
  addUsage,
  addFindings,
  addCases,
  addMeasures,
  addDevices,
  addAuthorities,
  addCertificates,
  addRevocations,
  addGateway,
  addTable,
  addSource,
  addSale,
  addCamara,
  addProviders,
  addPolicies,
  addRules,
  addTac,
  addPersons,
  addVerifyIdentity,
  addUnmask,
  addReVerify,
  addNotices,
  addAppeals,
  addReports,
  addInformants,
  addCredit,
  addVault,
  addEvidence,
  addVerify,
  addRejudge,
  addLedger,
  addBackup,
  addRestore,
  addSimulate,
  addScore,
];

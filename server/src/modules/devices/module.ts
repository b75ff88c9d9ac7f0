import type { Contribution, LiveDoors, LivePart } from '../../spine/contribution.ts';
import { listenForEst } from './adapters/est.ts';
import { auditRound, deviceAudit, deviceAuditFormat } from './audits/audit.ts';
import { readChecks } from './audits/checks.ts';
import { type Profiles, readProfiles } from './authorities/profiles.ts';
import { boundAt, boundSchema } from './bound.ts';
import { DEVICE_CODES } from './codes.ts';
import { tellWhatIsDue } from './crl/round.ts';
import { deskOf, openKeys } from './desk.ts';
import { devicesImport } from './imports/devices.ts';
import { AUTHORITY, claimOf, DEVICE, nameIn, PRODUCT } from './model.ts';
import { credentials } from './presented/credentials.ts';
import { goOnRevoking } from './revocations/work.ts';
import { auditRoutes } from './routes/audits.ts';
import { authorityRoutes } from './routes/authorities.ts';
import { certificateRoutes } from './routes/certificates.ts';
import { claimRoutes } from './routes/claims.ts';
import { fleetRoutes } from './routes/fleets.ts';
import { forecastRoutes } from './routes/forecast.ts';
import { openRoutes } from './routes/open.ts';
import { revocationRoutes } from './routes/revocations.ts';

export { makeRoot, renewRootList, signAuthority } from './adapters/offline-root.ts';
export { readProfiles } from './authorities/profiles.ts';

/** What the room reads from the shelves: texts by file name. */
export interface DeviceShelves {
  readonly profiles: ReadonlyMap<string, string>;
  readonly checks: ReadonlyMap<string, string>;
}

/** A revocation is on the list of changes well within a second (I-01). */
const REST_MS = 200;
const AUDIT_REST_MS = 5_000;
const REVOKING_REST_MS = 1_000;

/** Everything the room of devices brings to the corridor. Throws a `Refusal` for a catalogue that cannot be read. */
export function devices(shelves: DeviceShelves): Contribution {
  const profiles = readProfiles(shelves.profiles);
  const checks = readChecks(shelves.checks);
  return {
    module: 'devices',
    kinds: [
      {
        kind: DEVICE,
        title: { en: 'Device', zh: '设备' },
        claimsOf: name => (nameIn(name.trim()) === null ? [] : [claimOf(name.trim())]),
      },
      { kind: PRODUCT, title: { en: 'Product', zh: '产品' } },
      { kind: AUTHORITY, title: { en: 'Certificate authority', zh: '证书签发机构' } },
    ],
    formats: [deviceAuditFormat],
    observationKinds: [deviceAudit],
    boundAt,
    boundEdges: [],
    boundBasis: [],
    boundSchema,
    measures: [],
    adapters: {},
    trafficOf: () => 'neither',
    imports: [devicesImport],
    routes: [
      ...authorityRoutes(profiles),
      ...certificateRoutes(profiles),
      ...fleetRoutes(profiles),
      ...claimRoutes(profiles),
      ...forecastRoutes,
      ...auditRoutes(checks),
      ...revocationRoutes(),
      ...openRoutes(profiles),
    ],
    open: async doors => {
      const keys = openKeys(doors);
      const est = await openEst(doors, profiles).catch(async cause => {
        await keys.close();
        throw cause;
      });
      return est === null ? keys : both(keys, est);
    },
    rounds: [
      {
        name: 'what authorities tell',
        restMs: REST_MS,
        step: async doors => {
          const desk = deskOf(doors, profiles);
          await tellWhatIsDue(desk, doors.log);
          return false;
        },
      },
      { name: 'device audits', restMs: AUDIT_REST_MS, step: doors => auditRound(doors, checks) },
      { name: 'revocations of certificates', restMs: REVOKING_REST_MS, step: doors => goOnRevoking(doors) },
    ],
    credentials,
    codes: DEVICE_CODES,
  };
}

/** Null where the operator did not switch EST on. */
async function openEst(doors: LiveDoors, profiles: Profiles): Promise<LivePart | null> {
  const { estPort: port, estHost, estCert, estKey } = doors.settings;
  if (typeof port !== 'number') return null;
  const place = { port, host: String(estHost), certFile: String(estCert), keyFile: String(estKey) };
  return await listenForEst(deskOf(doors, profiles), doors.log, place);
}

/** The room runs one part: what listens ends before the keys are closed. */
function both(keys: LivePart, est: LivePart): LivePart {
  return {
    name: keys.name,
    describe: () => ({ ...keys.describe(), est: est.describe() }),
    close: async () => {
      await est.close();
      await keys.close();
    },
  };
}

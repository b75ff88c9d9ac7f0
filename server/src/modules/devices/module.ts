import type { Contribution } from '../../spine/contribution.ts';
import { readProfiles } from './authorities/profiles.ts';
import { DEVICE_CODES } from './codes.ts';
import { tellWhatIsDue } from './crl/round.ts';
import { deskOf, openKeys } from './desk.ts';
import { devicesImport } from './imports/devices.ts';
import { claimOf, DEVICE, nameIn, PRODUCT } from './model.ts';
import { credentials } from './presented/credentials.ts';
import { authorityRoutes } from './routes/authorities.ts';
import { certificateRoutes } from './routes/certificates.ts';
import { openRoutes } from './routes/open.ts';

export { makeRoot, renewRootList, signAuthority } from './adapters/offline-root.ts';
export { readProfiles } from './authorities/profiles.ts';

/** What the room reads from the shelves: texts by file name. */
export interface DeviceShelves {
  readonly profiles: ReadonlyMap<string, string>;
}

const REST_MS = 1_000;

/** Everything the room of devices brings to the corridor. Throws a `Refusal` for a catalogue that cannot be read. */
export function devices(shelves: DeviceShelves): Contribution {
  const profiles = readProfiles(shelves.profiles);
  return {
    module: 'devices',
    kinds: [
      {
        kind: DEVICE,
        title: { en: 'Device', zh: '设备' },
        claimsOf: name => (nameIn(name.trim()) === null ? [] : [claimOf(name.trim())]),
      },
      { kind: PRODUCT, title: { en: 'Product', zh: '产品' } },
    ],
    formats: [],
    observationKinds: [],
    boundAt: () => ({}),
    boundEdges: [],
    boundBasis: [],
    boundSchema: {},
    measures: [],
    adapters: {},
    trafficOf: () => 'neither',
    imports: [devicesImport],
    routes: [...authorityRoutes(profiles), ...certificateRoutes(profiles), ...openRoutes(profiles)],
    open: async doors => openKeys(doors),
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
    ],
    credentials,
    codes: DEVICE_CODES,
  };
}

import { controlCenter } from '../../server/src/modules/cards/adapters/carriers/control-center.ts';
import { emnify } from '../../server/src/modules/cards/adapters/carriers/emnify.ts';
import { onelink } from '../../server/src/modules/cards/adapters/carriers/onelink.ts';
import { onomondo } from '../../server/src/modules/cards/adapters/carriers/onomondo.ts';
import { soracom } from '../../server/src/modules/cards/adapters/carriers/soracom.ts';
import type { Adapter } from '../../server/src/spine/measures/ports.ts';

/** A carrier as the tests of all of them need it. */
export interface CarrierCase {
  readonly name: string;
  readonly adapter: Adapter;
  readonly path: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** Their words for a card that works, is stopped, is in stock, and one nobody knows; null where there can be none. */
  readonly working: string;
  readonly stopped: string;
  readonly idle: string | null;
  readonly unknown: string | null;
  /** Whether signing in is a question of its own, with a pass that can end. */
  readonly hasPasses: boolean;
  /** Whether an answer tells that the account has no such card. */
  readonly tellsUnknownCards: boolean;
  /** What becomes of an order to limit, to let go, to end for good, and of one that nobody knows. */
  readonly deeds: readonly string[];
}

export const CARRIER_CASES: readonly CarrierCase[] = [
  {
    name: 'emnify',
    adapter: emnify,
    path: '',
    secrets: { application_token: 'simulated-application-token' },
    working: 'Activated',
    stopped: 'Suspended',
    idle: 'Issued',
    unknown: '17',
    hasPasses: true,
    tellsUnknownCards: true,
    deeds: ['action-not-offered', 'action-not-offered', 'action-not-offered', 'action-not-offered'],
  },
  {
    name: 'soracom',
    adapter: soracom,
    path: '/v1',
    secrets: { auth_key_id: 'keyId-simulated', auth_key: 'secret-simulated' },
    working: 'active',
    stopped: 'suspended',
    idle: 'standby',
    unknown: 'hibernating',
    hasPasses: true,
    tellsUnknownCards: true,
    deeds: ['taken', 'taken', 'termination-protected', 'action-not-offered'],
  },
  {
    name: 'control-center',
    adapter: controlCenter,
    path: '/rws/api',
    secrets: { username: 'simulated-user', api_key: 'simulated-api-key' },
    working: 'ACTIVATED',
    stopped: 'DEACTIVATED',
    idle: 'INVENTORY',
    unknown: 'SOMETHING_NEW',
    hasPasses: false,
    tellsUnknownCards: true,
    deeds: ['action-not-offered', 'action-not-offered', 'taken', 'action-not-offered'],
  },
  {
    name: 'onelink',
    adapter: onelink,
    path: '',
    secrets: { appid: 'simulated-appid', password: 'simulated-password' },
    working: '2',
    stopped: '4',
    idle: '7',
    unknown: '99',
    hasPasses: true,
    tellsUnknownCards: false,
    deeds: ['action-not-offered', 'action-not-offered', 'action-not-offered', 'action-not-offered'],
  },
  {
    name: 'onomondo',
    adapter: onomondo,
    path: '',
    secrets: { api_key: 'simulated-api-key' },
    working: 'activated',
    stopped: 'deactivated',
    idle: null,
    unknown: null,
    hasPasses: false,
    tellsUnknownCards: true,
    deeds: ['taken', 'taken', 'action-not-offered', 'action-not-offered'],
  },
];

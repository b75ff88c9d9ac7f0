import { emnify } from '../../server/src/modules/cards/adapters/carriers/emnify.ts';
import type { Adapter } from '../../server/src/spine/measures/ports.ts';

/** A carrier as the tests of all of them need it. */
export interface CarrierCase {
  readonly name: string;
  readonly adapter: Adapter;
  readonly path: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** Their words for a card that works, is stopped, is in stock, and one nobody knows. */
  readonly working: string;
  readonly stopped: string;
  readonly idle: string;
  readonly unknown: string;
  /** Whether signing in is a question of its own, with a pass that can end. */
  readonly hasPasses: boolean;
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
  },
];

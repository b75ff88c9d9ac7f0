import { blindIndex } from '../../../../kernel/seal/sealed-bytes.ts';
import type { OutsideReach } from '../../../../spine/measures/ports.ts';

/** Below the address others reach us by. */
const PATH = '/api/v1/camara/callbacks/';

/** Where an operator posts what it tells of a watch. Null where nobody said by which address others reach us. */
export function sinkOf({ ownUrl }: OutsideReach, watchId: string): string | null {
  return ownUrl === undefined ? null : `${ownUrl}${PATH}${watchId}`;
}

/** What an operator is known by there: derived, so that no database and no backup holds it; the same for the same watch. */
export function tokenOf({ sealKey }: OutsideReach, watchId: string): string {
  return blindIndex(sealKey, `camara-callback/${watchId}`).toString('base64url');
}

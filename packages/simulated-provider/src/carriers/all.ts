import type { openCarrierDoor } from './door.ts';
import { simulatedEmnify } from './emnify.ts';

/** Carriers that are stood in for, by the name of their adapter. */
export const CARRIERS: Readonly<Record<string, Parameters<typeof openCarrierDoor>[0]>> = {
  emnify: simulatedEmnify,
};

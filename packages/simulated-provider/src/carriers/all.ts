import { simulatedCamara } from './camara.ts';
import { simulatedControlCenter } from './control-center.ts';
import type { openCarrierDoor } from './door.ts';
import { simulatedEmnify } from './emnify.ts';
import { simulatedOneLink } from './onelink.ts';
import { simulatedOnomondo } from './onomondo.ts';
import { simulatedSoracom } from './soracom.ts';

/** Carriers that are stood in for, by the name of their adapter. */
export const CARRIERS: Readonly<Record<string, Parameters<typeof openCarrierDoor>[0]>> = {
  camara: simulatedCamara,
  'control-center': simulatedControlCenter,
  emnify: simulatedEmnify,
  onelink: simulatedOneLink,
  onomondo: simulatedOnomondo,
  soracom: simulatedSoracom,
};

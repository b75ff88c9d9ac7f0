import type { Script } from './model.ts';
import { DEVICE_SCRIPTS } from './scripts-device.ts';
import { FUNCTION_SCRIPTS } from './scripts-function.ts';
import { PLACE_SCRIPTS } from './scripts-place.ts';
import { SHARING_SCRIPTS } from './scripts-sharing.ts';
import { VOLUME_SCRIPTS } from './scripts-volume.ts';

/** Everything that is planted: for each rule its misuse, and for each guard and threshold its look-alikes. */
export const SCRIPTS: readonly Script[] = [
  ...DEVICE_SCRIPTS,
  ...PLACE_SCRIPTS,
  ...VOLUME_SCRIPTS,
  ...FUNCTION_SCRIPTS,
  ...SHARING_SCRIPTS,
];

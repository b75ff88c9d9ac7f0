import type { Script } from './model.ts';
import { COHORT_SCRIPTS } from './scripts-cohort.ts';
import { DEVICE_SCRIPTS } from './scripts-device.ts';
import { DISTRICT_SCRIPTS } from './scripts-district.ts';
import { FUNCTION_SCRIPTS } from './scripts-function.ts';
import { PLACE_SCRIPTS } from './scripts-place.ts';
import { REACH_SCRIPTS } from './scripts-reach.ts';
import { SHARING_SCRIPTS } from './scripts-sharing.ts';
import { SIGNALLING_SCRIPTS } from './scripts-signalling.ts';
import { TALK_SCRIPTS } from './scripts-talk.ts';
import { VOLUME_SCRIPTS } from './scripts-volume.ts';

/** Everything that is planted: for each rule its misuse, and for each guard and threshold its look-alikes. */
export const SCRIPTS: readonly Script[] = [
  ...DEVICE_SCRIPTS,
  ...PLACE_SCRIPTS,
  ...VOLUME_SCRIPTS,
  ...FUNCTION_SCRIPTS,
  ...SHARING_SCRIPTS,
  ...TALK_SCRIPTS,
  ...REACH_SCRIPTS,
  ...DISTRICT_SCRIPTS,
  ...SIGNALLING_SCRIPTS,
  ...COHORT_SCRIPTS,
];

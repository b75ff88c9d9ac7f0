import { FORMAT_TARGETS } from './format-targets.ts';
import type { Target } from './target.ts';

/** Every parser and hostile surface that takes its input in one call. */
export const TARGETS: readonly Target[] = [...FORMAT_TARGETS];

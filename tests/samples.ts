import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** The folder of real samples that may lie beside the checkout; it is not part of the repository. */
const SAMPLES = resolve(import.meta.dirname, '../../shared/samples');

/** The path of a sample, e.g. `samplePath('cards/tap/x.ber')`, or null when it is not on this machine. */
export function samplePath(name: string): string | null {
  const path = resolve(SAMPLES, name);
  return existsSync(path) ? path : null;
}

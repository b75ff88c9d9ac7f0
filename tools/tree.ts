import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = dirname(dirname(fileURLToPath(import.meta.url)));

/** Files that git tracks or would track, relative to the root; outside a checkout nothing is known and this throws. */
export function files(): string[] {
  const out = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  return out.split('\0').filter(name => name !== '');
}

export function text(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** Prints the faults and sets the exit code. */
export function report(what: string, looked: number, faults: readonly string[]): void {
  for (const fault of faults) console.error(fault);
  console.log(`${what}: ${looked} looked at, ${faults.length} faults`);
  if (looked === 0) console.error(`${what}: nothing was looked at`);
  process.exitCode = faults.length === 0 && looked > 0 ? 0 : 1;
}

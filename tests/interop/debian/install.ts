import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether a program lies on the path. */
export async function hasProgram(name: string): Promise<boolean> {
  return await run('sh', ['-c', 'command -v "$0"', name]).then(
    () => true,
    () => false,
  );
}

/**
 * Why what a check needs cannot be had here, or null. Installs Debian's packages when it is missing and we may; names of
 * packages follow the release, so what cannot be installed is asked for once more after an update of the lists.
 */
export async function missing(
  what: string,
  isThere: () => Promise<boolean>,
  ...packages: readonly string[]
): Promise<string | null> {
  if (await isThere()) return null;
  if (process.getuid?.() !== 0) return `${what} is not installed, and only root may install it`;
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 1 << 26 };
  const install = () => run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], options);
  await install()
    .catch(async () => {
      await run('apt-get', ['update'], options);
      await install();
    })
    .catch(() => undefined);
  return (await isThere()) ? null : `${what} could not be installed`;
}

/** The same for a program of one package. */
export function missingProgram(name: string, debianPackage: string): Promise<string | null> {
  return missing(name, () => hasProgram(name), debianPackage);
}

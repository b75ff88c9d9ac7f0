import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { missing } from '../debian/install.ts';

const run = promisify(execFile);
/** Debian's own, whatever other Python stands before it: its packages are for it alone. */
const PYTHON = '/usr/bin/python3';

/** Whether a module of Python can be had here; Debian's package is installed when it is missing and may be. */
export async function hasModule(module: string, debianPackage: string): Promise<boolean> {
  const isThere = () =>
    run(PYTHON, ['-c', `import ${module}`]).then(
      () => true,
      () => false,
    );
  return (await missing(module, isThere, debianPackage)) === null;
}

/** What a program in Python prints, as JSON. */
export async function python<T>(program: string, ...words: readonly string[]): Promise<T> {
  const { stdout } = await run(PYTHON, ['-c', program, ...words], { maxBuffer: 1 << 26 });
  return JSON.parse(stdout) as T;
}

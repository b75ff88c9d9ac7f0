import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { missing } from '../debian/install.ts';

const run = promisify(execFile);
/** Test vectors of Python's cryptography package, PKITS among them. */
const DEBIAN_FOLDER = '/usr/lib/python3/dist-packages/cryptography_vectors';
const WHEEL = 'cryptography-vectors==50.0.2';
const PKITS = join('x509', 'PKITS_data');

/** Where PKITS lies on this machine, got from Debian or else from PyPI; or why it cannot be had. */
export async function pkitsFolder(): Promise<{ readonly folder: string } | { readonly why: string }> {
  const folder = join(DEBIAN_FOLDER, PKITS);
  const isThere = async () => existsSync(folder);
  const why = await missing('the package of test vectors', isThere, 'python3-cryptography-vectors');
  if (why === null) return { folder };
  const fetched = await fromPypi().catch(() => null);
  return fetched === null ? { why } : { folder: fetched };
}

async function fromPypi(): Promise<string | null> {
  const into = mkdtempSync(join(tmpdir(), 'tw-pkits-'));
  process.on('exit', () => rmSync(into, { recursive: true, force: true }));
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', into, WHEEL];
  await run('python3', pip, { maxBuffer: 1 << 26 });
  const folder = join(into, 'cryptography_vectors', PKITS);
  return existsSync(folder) ? folder : null;
}

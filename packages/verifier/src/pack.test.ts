import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verifier-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('packed, and installed where nothing of this project is, it verifies a proof under plain Node', async () => {
  await run(process.execPath, [here('../pack.mjs'), join(folder, 'made')]);
  const packed = await run('npm', ['pack', join(folder, 'made'), '--silent', '--offline'], { cwd: folder });
  const tarball = packed.stdout.trim().split('\n').at(-1) as string;
  await writeFile(join(folder, 'package.json'), '{"name":"elsewhere","private":true,"type":"module"}');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(folder, tarball)], {
    cwd: folder,
  });
  await writeFile(
    join(folder, 'check.js'),
    `import { readFileSync } from 'node:fs';
import { policyOf, verifyProof, VerificationError } from '@thingward/verifier';
const [, , proof, entry] = process.argv;
const policy = await policyOf('sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8', 'go.sum database tree');
const { index } = await verifyProof(readFileSync(proof, 'utf8'), readFileSync(entry), policy);
const refused = await verifyProof(readFileSync(proof, 'utf8'), Buffer.from('x'), policy).catch(e => e);
console.log(index, refused instanceof VerificationError && refused.code);
`,
  );
  const vectors = here('../../../tests/vectors/sumdb/mod-v0.7.0');
  const checked = await run(process.execPath, ['check.js', `${vectors}.tlog-proof`, `${vectors}.entry`], {
    cwd: folder,
  });
  expect(checked.stdout.trim()).toBe('13846090 proof-invalid');
});

import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { madeLog, submissionOf } from '../../../tests/made-log.ts';

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'witness-pack-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('packed into one file, and installed where nothing of this project is, it cosigns under plain Node', async () => {
  const made = join(folder, 'made');
  await run(process.execPath, [fileURLToPath(new URL('../pack.mjs', import.meta.url)), made]);
  const packed = await run('npm', ['pack', made, '--silent', '--offline'], { cwd: folder });
  const tarball = packed.stdout.trim().split('\n').at(-1) as string;
  await rm(made, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"name":"elsewhere","private":true}');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(folder, tarball)], {
    cwd: folder,
  });
  const log = madeLog();
  log.add({ act: 'case-opened' });
  const program = join(folder, 'node_modules/.bin/thingward-witness');
  const args = ['serve', '--state', join(folder, 'state'), '--name', 'w.example', '--log', log.vkey];
  const child = spawn(program, [...args, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const line = await new Promise<string>(resolve =>
      child.stdout.once('data', part => resolve(String(part))),
    );
    const { listening } = JSON.parse(line) as { listening: string };
    const body = submissionOf(0, [], log.note());
    const answer = await fetch(`${listening}/add-checkpoint`, { method: 'POST', body });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringMatching(/^— w\.example /)]);
  } finally {
    child.kill('SIGKILL');
  }
});

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const entry = fileURLToPath(new URL('./thingward.mjs', import.meta.url));

function start(node: string, argv: readonly string[], env: Record<string, string> = {}) {
  return new Promise<{ code: number; out: string; err: string }>(resolve => {
    execFile(
      node,
      [entry, ...argv],
      { env: { ...process.env, LANG: 'C', LC_ALL: 'C', ...env } },
      (fault, out, err) => {
        resolve({ code: fault === null ? 0 : Number(fault.code), out, err });
      },
    );
  });
}

test('the entry file runs as it lies there under this Node', async () => {
  const { code, out } = await start(process.execPath, ['--help']);
  expect([code, out.includes('Usage: thingward')]).toEqual([0, true]);
});

/** A Node before 22.18, where the machine has one. */
const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find(path => existsSync(path)) ?? process.execPath;

test.skipIf(oldNode === process.execPath)(
  'an old Node says what is needed, in both languages, or hands over to the one of the house',
  async () => {
    const alone = await start(oldNode, ['--help'], { THINGWARD_NO_HOUSE_NODE: '1' });
    const isOld = alone.code === 1;
    if (isOld) expect(alone.err).toMatch(/needs Node\.js 22\.18[\s\S]*需要 Node\.js 22\.18/);
    expect((await start(oldNode, ['--version'])).out).toBe('0.1.0\n');
  },
);

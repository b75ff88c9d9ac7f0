import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Stage, TourFault } from '../../scripts/tour/stage.ts';
import { en } from '../../scripts/tour/words-en.ts';
import { zh } from '../../scripts/tour/words-zh.ts';

const SCRIPT = join(import.meta.dirname, '../../scripts/tour.ts');
let room: string;

beforeEach(() => {
  room = mkdtempSync(join(tmpdir(), 't'));
});
afterEach(() => rmSync(room, { recursive: true, force: true }));

/** The tour as its own process, whose folder lies in `room`; told to stop once its output matches `until`. */
function tour(
  words: readonly string[],
  until?: RegExp,
): Promise<{ code: number | null; out: string; err: string }> {
  const env = { PATH: process.env['PATH'], HOME: room, LANG: 'C.UTF-8', TMPDIR: room };
  // The database's unprivileged account walks through the room.
  const child = spawn(
    '/bin/sh',
    ['-c', 'chmod 755 "$TMPDIR" && exec "$0" "$@"', process.execPath, SCRIPT, ...words],
    {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let out = '';
  let err = '';
  let isTold = false;
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    out += part;
    if (isTold || until?.test(out) !== true) return;
    isTold = true;
    child.kill('SIGINT');
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    err += part;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', code => resolve({ code, out, err }));
  });
}

test('the tour kills, restarts, balances, finds, suspends and proves, says how long it took and leaves nothing', async () => {
  const { code, out, err } = await tour(['--lang', 'en']);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('The process ended by SIGKILL');
  const batches = [
    ...out.matchAll(/Batch \d+: (\d+) received = (\d+) accepted \+ (\d+) duplicate \+ (\d+) quarantined/g),
  ];
  expect(batches).toHaveLength(2);
  for (const [, received, ...parts] of batches)
    expect(parts.reduce((sum, part) => sum + Number(part), 0)).toBe(Number(received));
  expect(out).toMatch(/(\d+) misuses were planted, \1 were found, and they are the same/);
  expect(out).toContain('decided → ordered → accepted → effective');
  expect(out).toContain('the measure is verified, by a refused attempt');
  expect(out).toContain('refuses the altered copy: tile-invalid');
  expect(out).toContain('refuses again: root-invalid');
  expect(out).toContain('The unaltered copy still verifies.');
  expect(out).toMatch(/The tour took \d+\.\d seconds/);
  expect(out).not.toMatch(/\{\w+\}|undefined|NaN/);
  expect(readdirSync(room)).toEqual([]);
}, 240_000);

test('interrupted in Chinese, the tour ends its processes and removes its folder', async () => {
  const { code, out, err } = await tour(['--lang', 'zh'], /服务器已在/);
  expect([code, err.trim()]).toEqual([130, zh.stopped]);
  expect(out).toContain(zh.title);
  expect(readdirSync(room)).toEqual([]);
  const address = /http:\S+\d/.exec(out)?.[0] ?? '';
  await expect(fetch(`${address}/healthz`)).rejects.toThrow();
}, 120_000);

test('a language the tour does not have is refused before anything starts', async () => {
  expect(await tour(['--lang', 'fr'])).toEqual({ code: 2, out: '', err: `${en.usage}\n` });
});

test('a statement that does not hold is thrown as a sentence and never printed as one that does', async () => {
  const stage = new Stage('zh');
  try {
    expect(() => stage.claim(false, 'ledger.still')).toThrow(new TourFault(`不成立：${zh['ledger.still']}`));
    expect(stage.claims).toBe(0);
  } finally {
    await stage.clear();
  }
  expect(existsSync(stage.folder)).toBe(false);
});

test('both languages fill in the same figures', () => {
  const figures = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();
  for (const key of Object.keys(en) as (keyof typeof en)[])
    expect([key, figures(zh[key])]).toEqual([key, figures(en[key])]);
});

/** What a run of tests came to, as `npm test` counts it and as it chooses what to try once more. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failedFiles, tally, tallyBut } from '../scripts/tally.mjs';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'thingward-tally-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Outcome = 'passed' | 'failed' | 'skipped';
let written = 0;

function ran(files: Readonly<Record<string, Readonly<Record<string, Outcome>>>>): string {
  const path = join(folder, `${written++}.json`);
  const testResults = Object.entries(files).map(([name, tests]) => ({
    name,
    status: Object.values(tests).some(each => each === 'failed') ? 'failed' : 'passed',
    assertionResults: Object.entries(tests).map(([fullName, status]) => ({ fullName, status })),
  }));
  writeFileSync(path, JSON.stringify({ testResults }));
  return path;
}

const totals = () => ({ passed: 0, failed: 0, skipped: [] as string[] });

test('files that failed are counted by their second run alone', () => {
  const first = ran({ good: { a: 'passed', b: 'skipped' }, bad: { c: 'passed', d: 'failed' } });
  const again = failedFiles(first, 3);
  expect([...again]).toEqual([['bad', ['d']]]);
  const sum = totals();
  tallyBut(sum, first, again);
  expect(sum).toEqual({ passed: 1, failed: 0, skipped: ['b'] });
  tally(sum, ran({ bad: { c: 'passed', d: 'passed' } }), 0);
  expect(sum).toEqual({ passed: 3, failed: 0, skipped: ['b'] });
});

test('what fails twice has failed, and a second run without results too', () => {
  const first = ran({ bad: { d: 'failed' } });
  const twice = totals();
  tallyBut(twice, first, failedFiles(first, 3));
  tally(twice, ran({ bad: { d: 'failed' } }), 1);
  expect(twice.failed).toBe(1);
  const lost = totals();
  tallyBut(lost, first, failedFiles(first, 3));
  tally(lost, join(folder, 'nothing.json'), 1);
  expect(lost.failed).toBe(1);
});

test('nothing is tried again where more failed than chance explains, or nobody knows what', () => {
  const many = ran({ a: { t: 'failed' }, b: { t: 'failed' }, c: { t: 'failed' }, d: { t: 'failed' } });
  expect(failedFiles(many, 3).size).toBe(0);
  const path = join(folder, 'file.json');
  writeFileSync(
    path,
    JSON.stringify({ testResults: [{ name: 'e', status: 'failed', assertionResults: [] }] }),
  );
  expect(failedFiles(path, 3).size).toBe(0);
  expect(failedFiles(join(folder, 'nothing.json'), 3).size).toBe(0);
});

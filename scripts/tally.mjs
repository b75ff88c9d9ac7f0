// What a run of vitest came to, by the file its JSON reporter wrote, added to `totals`.
import { existsSync, readFileSync } from 'node:fs';

/** @param {{ passed: number, failed: number, skipped: string[] }} totals */
export function tally(totals, file, status) {
  const before = totals.failed;
  if (existsSync(file)) count(totals, JSON.parse(readFileSync(file, 'utf8')));
  // A fault outside every test (a set-up that failed, an unhandled rejection) has no name but fails the run.
  if (status !== 0 && totals.failed === before) totals.failed += 1;
}

/**
 * Which files failed and by which tests, for a second try of those alone; none where more than `most` files did, or where
 * something failed that no test names.
 * @returns {Map<string, string[]>} full names of failed tests by the file's path
 */
export function failedFiles(file, most) {
  if (!existsSync(file)) return new Map();
  const failed = JSON.parse(readFileSync(file, 'utf8')).testResults.filter(one => one.status === 'failed');
  const named = failed.map(one => [
    one.name,
    one.assertionResults.filter(each => each.status === 'failed').map(each => each.fullName),
  ]);
  return new Map(named.length > most || named.some(([, tests]) => tests.length === 0) ? [] : named);
}

/** What a run came to, but for these files, which are tried again. */
export function tallyBut(totals, file, but) {
  if (existsSync(file)) count(totals, JSON.parse(readFileSync(file, 'utf8')), but);
}

function count(totals, results, but = new Map()) {
  for (const file of results.testResults.filter(one => !but.has(one.name))) {
    const failures = file.assertionResults.filter(one => one.status === 'failed').length;
    totals.failed += file.status === 'failed' && failures === 0 ? 1 : failures;
    for (const one of file.assertionResults) {
      if (one.status === 'passed') totals.passed += 1;
      else if (one.status !== 'failed') totals.skipped.push(one.fullName);
    }
  }
}

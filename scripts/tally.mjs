// What a run of vitest came to, by the file its JSON reporter wrote, added to `totals`.
import { existsSync, readFileSync } from 'node:fs';

/** @param {{ passed: number, failed: number, skipped: string[] }} totals */
export function tally(totals, file, status) {
  const before = totals.failed;
  if (existsSync(file)) count(totals, JSON.parse(readFileSync(file, 'utf8')));
  // A fault outside every test (a set-up that failed, an unhandled rejection) has no name but fails the run.
  if (status !== 0 && totals.failed === before) totals.failed += 1;
}

function count(totals, results) {
  for (const file of results.testResults) {
    const failures = file.assertionResults.filter(one => one.status === 'failed').length;
    totals.failed += file.status === 'failed' && failures === 0 ? 1 : failures;
    for (const one of file.assertionResults) {
      if (one.status === 'passed') totals.passed += 1;
      else if (one.status !== 'failed') totals.skipped.push(one.fullName);
    }
  }
}

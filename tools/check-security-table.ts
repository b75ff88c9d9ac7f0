// Forbids a line of the security table that names no state, or a test that is not there under that name.
import { files, report, text } from './tree.ts';

const TABLE = 'docs/operating/security.md';
/** Requirement groups of OWASP ASVS 5.0, how many each chapter has. */
const GROUPS = [5, 4, 7, 4, 4, 8, 6, 4, 2, 7, 7, 3, 4, 3, 4, 5, 3];
const STATES = ['met', 'partly', 'not met', 'does not apply'];

const tracked = new Set(files());
const lines = text(TABLE).split('\n');
const faults: string[] = [];
const seen = new Set<string>();

for (const [i, line] of lines.entries()) {
  const [, group, state, rest] = /^\| (V\d+\.\d+) [^|]*\| ([^|]+?) \| (.*) \|$/.exec(line) ?? [];
  if (group === undefined || state === undefined || rest === undefined) {
    if (/^\| V\d/.test(line)) faults.push(`${TABLE}:${i + 1}: a line that cannot be read`);
    continue;
  }
  if (seen.has(group)) faults.push(`${TABLE}:${i + 1}: ${group} twice`);
  seen.add(group);
  const tests = [...rest.matchAll(/`([^`]+) › ([^`]+)`/g)];
  if (tests.length !== rest.split('›').length - 1)
    faults.push(`${TABLE}:${i + 1}: ${group} names a test that cannot be read`);
  if (!STATES.includes(state)) faults.push(`${TABLE}:${i + 1}: "${state}" is none of ${STATES.join(', ')}`);
  if ((state === 'met' || state === 'partly') && tests.length === 0)
    faults.push(`${TABLE}:${i + 1}: ${group} is ${state} and names no test`);
  if (state === 'partly' && !/Not met: /.test(rest))
    faults.push(`${TABLE}:${i + 1}: ${group} does not say what is not met`);
  for (const [, path = '', name = ''] of tests) {
    if (!tracked.has(path)) faults.push(`${TABLE}:${i + 1}: there is no ${path}`);
    else if (!text(path).includes(name)) faults.push(`${TABLE}:${i + 1}: ${path} has no test "${name}"`);
  }
}
for (const [chapter, count] of GROUPS.entries())
  for (let group = 1; group <= count; group += 1)
    if (!seen.has(`V${chapter + 1}.${group}`)) faults.push(`${TABLE}: V${chapter + 1}.${group} is missing`);
report('security table', seen.size, faults);

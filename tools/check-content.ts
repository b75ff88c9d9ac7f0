// Forbids knowledge without its source, standing and dates, words in one language only, rules that are not sound, and files nobody reads.
import { join } from 'node:path';
import { contributions } from '../server/src/house.ts';
import { worldOf } from '../server/src/spine/contribution.ts';
import { contentReport } from './content-files.ts';
import { report, root } from './tree.ts';

const { read, onDisk, faults } = contentReport(join(root, 'content'), {
  world: worldOf(contributions),
  subjectKinds: contributions.flatMap(each => each.kinds.map(({ kind }) => kind)),
  modules: contributions.map(each => each.module),
});
const missed = read === onDisk ? [] : [`${onDisk - read} of ${onDisk} files were not read`];
report('content', read, [...faults, ...missed]);

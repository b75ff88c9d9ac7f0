// Forbids a store from naming a table that another station's migrations made.
import { files, report, text, unread } from './tree.ts';

const owners = new Map<string, string>();
for (const file of files().filter(name => /\/migrations\/\d{4}-.*\.sql$/.test(name))) {
  const station = file.slice(0, file.indexOf('/migrations/'));
  for (const match of text(file).matchAll(/create table (?:if not exists )?(\w+)/g))
    owners.set(match[1]!, station);
}

/** The kernel's tables lie in one folder of migrations but belong to its several rooms. */
const roomOf = (owner: string): string =>
  owner.startsWith('server/src/kernel/') ? 'server/src/kernel' : owner;

/** Tables every store may name in a join: the tree of parties, on which row-level security rests. */
const open = new Set(['party', 'party_closure']);
const STORE = /^server\/src\/.*store\.ts$/;
const stores = files().filter(file => STORE.test(file));
const faults: string[] = unread(['server/src'], STORE, stores);
for (const file of stores) {
  const code = text(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\/\/.*$/gm, '');
  for (const match of code.matchAll(/\b(?:from|join|into|update|table)\s+([a-z_]+)\b/g)) {
    const owner = owners.get(match[1]!);
    if (owner === undefined || open.has(match[1]!) || file.startsWith(`${roomOf(owner)}/`)) continue;
    faults.push(`${file}: names table ${match[1]}, which belongs to ${owner}`);
  }
}
report('tables', stores.length, faults);

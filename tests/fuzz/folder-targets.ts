import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { changedFiles, keyBeside, proofsIn } from '../../packages/cli/src/proof-files.ts';
import { MANIFEST, MANIFEST_SUM, openBackup } from '../../server/src/kernel/database/backup/manifest.ts';
import { isRefusal } from '../../server/src/kernel/refusal.ts';
import { disturbedText, disturbedValue } from './disturb.ts';
import { scratchFolder } from './scratch-folder.ts';
import { holds, type Target, target } from './target.ts';

const MANIFEST_MADE = {
  form: 'thingward-backup',
  version: 1,
  id: 'a',
  madeAt: '2026-11-01T10:00:00Z',
  program: '0.1.0',
  postgresql: '18.4',
  migrations: [{ name: '0001-a.sql', sha256: '0'.repeat(64) }],
  tables: [
    {
      ...{ path: 'tables/a', sizeBytes: 3, sha256: '0'.repeat(64), schema: 'public', name: 'a' },
      ...{ columns: ['id'], xidColumns: [], day: null, rows: 1, made: [] },
    },
  ],
  sequences: [{ schema: 'public', name: 'a_id_seq', last: 4 }],
  leftOut: [],
  files: [{ path: 'files/key', sizeBytes: 0, sha256: '0'.repeat(64), isSecret: true }],
  hasKeys: true,
  facts: {},
};
const SUMS = `${'0'.repeat(64)}  case.json\n${'1'.repeat(64)}  proofs/1.tlog-proof\n${'2'.repeat(64)}  ../x\n`;
const folder = scratchFolder();
const REFUSALS = ['backup-unreadable', 'backup-damaged', 'backup-of-later-form'];

/** Folders that somebody hands over: a backup whose sum is right, whatever it says, and evidence. */
export const FOLDER_TARGETS: readonly Target[] = [
  target(
    'backup-manifest',
    draw => {
      const text = JSON.stringify(disturbedValue(draw, MANIFEST_MADE)) ?? 'null';
      return draw(3) === 0 ? disturbedText(draw, [text]) : text;
    },
    async text => {
      const bytes = Buffer.from(text);
      writeFileSync(join(folder, MANIFEST), bytes);
      writeFileSync(join(folder, MANIFEST_SUM), createHash('sha256').update(bytes).digest('hex'));
      const opened = await openBackup(folder).catch((error: unknown) => {
        if (!(isRefusal(error) && REFUSALS.includes(error.code))) throw error;
        return null;
      });
      for (const { path } of opened?.files ?? []) holds(!path.includes('..'), `a file at ${path}`);
    },
  ),
  target(
    'evidence-sums',
    draw => disturbedText(draw, [SUMS]),
    async text => {
      writeFileSync(join(folder, 'SHA256SUMS'), text);
      const changed = await changedFiles(folder);
      holds(changed.length <= text.split('\n').length, 'more files than lines');
      await keyBeside(folder, true);
      await proofsIn(folder, true);
    },
  ),
];

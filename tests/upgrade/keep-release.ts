// Makes the backup of a small installation of this very program, for the tests of later releases: `node tests/upgrade/keep-release.ts VERSION`.
import { join } from 'node:path';
import { until } from '../api-client.ts';
import { commandLine } from '../command-line.ts';
import { feedOne, furnish } from '../faults/backup-scene.ts';
import { dataFolder } from '../server-process.ts';

const [version] = process.argv.slice(2);
if (version === undefined || !/^[a-z0-9.-]+$/.test(version)) throw new Error('say the version, e.g. 0.1.0');
const target = join(import.meta.dirname, '../vectors/releases', version);
const folder = dataFolder();
try {
  const { server, client, sources, feed } = await furnish(folder.path, {
    seed: 3,
    cards: 12,
    filesPerSource: 3,
  });
  try {
    for (const file of feed.files.slice(0, -1)) await feedOne(client, sources, file);
    await until('all judged', async () => {
      const { judge, counts } = await client.get<{
        judge: { waitingChunks: number };
        counts: { findingsStanding: number };
      }>('/status');
      return judge.waitingChunks === 0 && counts.findingsStanding > 0;
    });
  } finally {
    await server.stop();
  }
  const kept = await commandLine(folder.path).json<object>('backup', target, '--data', folder.path);
  console.log(kept);
} finally {
  folder.remove();
}

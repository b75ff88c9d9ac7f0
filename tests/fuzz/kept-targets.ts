import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  keepFollowed,
  nothingFollowed,
  recallFollowed,
} from '../../packages/witness/src/monitor/monitor-memory.ts';
import { parseWatch } from '../../packages/witness/src/monitor/watches.ts';
import { WitnessRefusal } from '../../packages/witness/src/refusal.ts';
import { linesMapped, placeAmong } from '../../server/src/kernel/database/backup/transaction-ids.ts';
import { isRefusal } from '../../server/src/kernel/refusal.ts';
import { readRootKeys } from '../../server/src/kernel/seal/root-keys.ts';
import { openSigningKey } from '../../server/src/kernel/seal/signing-key.ts';
import { disturbed, disturbedText, disturbedValue } from './disturb.ts';
import { scratchFolder } from './scratch-folder.ts';
import { holds, type Target, target } from './target.ts';

const folder = scratchFolder();
const ROOT_KEYS = `1 ${Buffer.alloc(32, 1).toString('base64')}\n2 ${Buffer.alloc(32, 2).toString('base64')}\n`;
const PEM = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const ORIGIN = 'example.test/log';
const FOLLOWED = {
  ...{ v: 1, origin: ORIGIN, ...(await nothingFollowed(1_700_000_000_000)) },
  ...{ root: '00'.repeat(32), parts: [] as unknown[], acts: { 'case-opened': 2 } },
};
const ROWS = Buffer.from('1\t720\tab\\\\tc\n2\t720\t\\\\N\n3\t733\tx\n');

/** The answer, or null for a refusal with one of the codes. */
async function unless<T>(codes: readonly string[], ask: Promise<T>): Promise<T | null> {
  return ask.catch((error: unknown) => {
    const code = isRefusal(error) || error instanceof WitnessRefusal ? error.code : '';
    if (!codes.includes(code)) throw error;
    return null;
  });
}

function put(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, 0o600);
  return path;
}

/** Files that a server or a witness keeps for itself, and the rows of a backup: somebody else may have had them in hand. */
export const KEPT_TARGETS: readonly Target[] = [
  target(
    'root-keys',
    draw => disturbedText(draw, [ROOT_KEYS]),
    async text => {
      const keys = await unless(['root-keys-unreadable'], readRootKeys(put('root.keys', text)));
      if (keys === null) return;
      const { numbers, newest } = keys;
      holds(numbers.includes(newest) && new Set(numbers).size === numbers.length, 'a number stands twice');
    },
  ),
  target(
    'signing-key',
    draw => disturbedText(draw, [PEM]),
    async text => {
      const key = await unless(['seal-key-unreadable'], openSigningKey(put('signing.pem', text)));
      if (key !== null) holds(key.publicKey.length === 32, 'a key of another kind');
    },
  ),
  target(
    'monitor-memory',
    draw => {
      const text = JSON.stringify(disturbedValue(draw, FOLLOWED)) ?? 'null';
      return draw(3) === 0 ? disturbedText(draw, [text]) : text;
    },
    async text => {
      put('followed.json', text);
      const followed = await unless(
        ['state-damaged', 'state-of-another-log'],
        recallFollowed(folder, ORIGIN),
      );
      if (followed !== null) await keepFollowed(join(folder, 'again'), ORIGIN, followed);
    },
  ),
  target(
    'watch',
    draw => disturbedText(draw, ['act=key-revoked', 'act=measure-*,party=party/3']),
    text => {
      try {
        holds(parseWatch(text).wanted.length <= text.length, 'more fields than text');
      } catch (error) {
        if (!(error instanceof WitnessRefusal)) throw error;
      }
    },
  ),
  target(
    'backup-rows',
    draw => disturbed(draw, [ROWS]),
    async bytes => {
      const parts = Readable.from([bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)]);
      const mapped = linesMapped('tables/a', [1], cell => {
        if (cell === undefined || !/^\d+$/.test(cell)) throw new RangeError('not an id');
        return String(placeAmong([720n], BigInt(cell)));
      });
      let lines = 0;
      const read = (async () => {
        for await (const part of parts.pipe(mapped)) lines += String(part).split('\n').length - 1;
      })();
      await unless(
        ['backup-damaged'],
        read.catch((error: unknown) => {
          if (!(error instanceof RangeError && error.message === 'not an id')) throw error;
        }),
      );
      holds(lines <= bytes.filter(byte => byte === 10).length, 'more rows than lines');
    },
  ),
];

/**
 * The ledger before strangers: a real log is made through the sequencer on a real database, written to a
 * folder, and checked by Go's `sumdb/note` and `tlog` and by our own verifier. Then one thing after another is
 * altered in a copy, and both must refuse.
 *
 * `node tests/interop/ledger.ts [FOLDER]` keeps the log in FOLDER. One line for each check; the exit code is 1
 * when one fails. Without Go its checks are skipped by name.
 */
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  fromBase64,
  policyOf,
  VerificationError,
  verifyCheckpoint,
  verifyConsistency,
  verifyProof,
  verifyTiles,
} from '../../packages/verifier/src/index.ts';
import { migrationFolders } from '../../server/src/kernel/database/migrate.ts';
import { openDatabase } from '../../server/src/kernel/database/open.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { silentLog } from '../../server/src/kernel/log.ts';
import { openSigningKey } from '../../server/src/kernel/seal/signing-key.ts';
import { systemClock } from '../../server/src/kernel/time.ts';
import { parseCheckpoint, signCheckpoint } from '../../server/src/spine/ledger/checkpoint.ts';
import { exportLog } from '../../server/src/spine/ledger/export.ts';
import { consistencyProof } from '../../server/src/spine/ledger/nodes.ts';
import type { NoteSigner } from '../../server/src/spine/ledger/note.ts';
import { ledgerReader } from '../../server/src/spine/ledger/read.ts';
import { startSequencer } from '../../server/src/spine/ledger/sequencer.ts';
import { type LedgerAct, stageAll } from '../../server/src/spine/ledger/stage.ts';

const run = promisify(execFile);
const GO_MODULE = fileURLToPath(new URL('../vectors/go-ledger/', import.meta.url));
/** Uneven steps, so that checkpoints fall on, before and after the borders of tiles. */
const STEPS = [1, 1, 253, 1, 1, 43, 212, 256, 100, 7, 400];
const LONGEST_TEXT = 65_000;

let hasFailed = false;
function tell(name: string, isOk: boolean): void {
  console.log(`${isOk ? 'ok' : 'FAIL'} ${name}`);
  hasFailed ||= !isOk;
}

function actOf(number: number): LedgerAct {
  const text = number === 300 ? 'x'.repeat(LONGEST_TEXT) : `entry ${number}`;
  const atMs = systemClock.now();
  return {
    act: 'case-note',
    object: `case/${number}`,
    partyId: null,
    actor: 'interop',
    atMs,
    detail: { text },
  };
}

/** Makes the log and everything a stranger is given of it. */
async function makeLog(
  database: Database,
  key: NoteSigner,
  checkpointFile: string,
  folder: string,
): Promise<void> {
  const options = { database, key, checkpointFile, clock: systemClock, log: silentLog };
  const sequencer = await startSequencer({ ...options, intervalMs: 3_600_000 });
  const reader = ledgerReader(options);
  const write = async (path: string, bytes: Uint8Array | string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  };
  const sizes: number[] = [];
  let size = 0;
  for (const step of STEPS) {
    const acts = Array.from({ length: step }, (_, i) => actOf(size + i));
    await database.corridor(tx => stageAll(tx, acts));
    size = await sequencer.flush();
    sizes.push(size);
    await write(`checkpoints/${size}`, (await reader.checkpoint()) as string);
  }
  await sequencer.stop();
  await exportLog(reader, write);
  for (const index of [0, 1, 254, 255, 256, 300, 511, 512, size - 1]) {
    const [entry] = await database.corridor(tx => reader.entriesOf(tx, `case/${index}`));
    await write(`entries/${index}`, entry?.entry ?? Buffer.alloc(0));
    await write(`proofs/${index}.tlog-proof`, (await reader.proofFor(index)) as string);
  }
  for (const [i, old] of sizes.slice(0, -1).entries()) {
    for (const newer of new Set([sizes[i + 1] as number, size])) {
      const hashes = await database.corridor(tx => consistencyProof(tx, old, newer));
      await write(`consistency/${old}-${newer}`, hashes.map(hash => `${hash.toString('base64')}\n`).join(''));
    }
  }
}

const textOf = (folder: string, path: string): Promise<string> => readFile(join(folder, path), 'utf8');

/** Everything in the folder, by our verifier. Throws a VerificationError. */
async function verifyFolder(folder: string): Promise<void> {
  const policy = await policyOf((await textOf(folder, 'vkey')).trim());
  await verifyTiles(path => readFile(join(folder, path)).catch(() => null), policy);
  for (const name of await readdir(join(folder, 'checkpoints'))) {
    await verifyCheckpoint(await textOf(folder, `checkpoints/${name}`), policy);
  }
  for (const name of await readdir(join(folder, 'proofs'))) {
    const entry = await readFile(join(folder, 'entries', name.replace('.tlog-proof', '')));
    await verifyProof(await textOf(folder, `proofs/${name}`), entry, policy);
  }
  for (const name of await readdir(join(folder, 'consistency'))) {
    const [older, newer] = name.split('-').map(size => textOf(folder, `checkpoints/${size}`));
    const lines = (await textOf(folder, `consistency/${name}`)).split('\n').filter(line => line !== '');
    const hashes = lines.map(line => fromBase64(line) ?? new Uint8Array(0));
    await verifyConsistency((await older) as string, (await newer) as string, hashes, policy);
  }
}

interface Alteration {
  readonly name: string;
  readonly path: string;
  change(bytes: Buffer): Buffer | string;
}

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] as number) ^ 1;
  return bytes;
}

/** Another first character of base64, whatever the first one was. */
function otherFirst(text: string): string {
  return `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;
}

function alterations(key: NoteSigner, size: number): Alteration[] {
  const lines = (bytes: Buffer, line: number, change: (text: string) => string): string =>
    bytes
      .toString()
      .split('\n')
      .map((text, i) => (i === line ? change(text) : text))
      .join('\n');
  const root = (bytes: Buffer): Buffer => parseCheckpoint(bytes.toString())?.root as Buffer;
  return [
    { name: 'an entry in a full bundle', path: 'tile/entries/000', change: bytes => flip(bytes, 40) },
    {
      name: 'an entry in the open bundle',
      path: `tile/entries/004.p/${size % 256}`,
      change: bytes => flip(bytes, 40),
    },
    { name: 'an entry beside its proof', path: 'entries/255', change: bytes => flip(bytes, 9) },
    { name: 'a full tile', path: 'tile/0/001', change: bytes => flip(bytes, 700) },
    { name: 'an open tile', path: `tile/0/004.p/${size % 256}`, change: bytes => flip(bytes, 33) },
    { name: 'an upper tile', path: 'tile/1/000.p/4', change: bytes => flip(bytes, 64) },
    {
      name: 'the root of the checkpoint',
      path: 'checkpoint',
      change: bytes => lines(bytes, 2, otherFirst),
    },
    {
      name: 'the size of the checkpoint',
      path: 'checkpoint',
      change: bytes => lines(bytes, 1, () => String(size - 1)),
    },
    {
      name: 'a smaller size, signed by the log itself',
      path: 'checkpoint',
      change: bytes => signCheckpoint(size - 1, root(bytes), key),
    },
    {
      name: 'another root, signed by the log itself',
      path: 'checkpoint',
      change: bytes => signCheckpoint(size, flip(Buffer.from(root(bytes)), 0), key),
    },
    {
      name: 'an older checkpoint, signed anew with another root',
      path: 'checkpoints/255',
      change: bytes => signCheckpoint(255, flip(Buffer.from(root(bytes)), 0), key),
    },
    { name: 'the signature', path: 'checkpoint', change: bytes => flip(bytes, bytes.length - 40) },
    {
      name: 'a hash of a proof',
      path: 'proofs/512.tlog-proof',
      change: bytes => lines(bytes, 3, otherFirst),
    },
    {
      name: 'the index of a proof',
      path: 'proofs/1.tlog-proof',
      change: bytes => lines(bytes, 1, () => 'index 0'),
    },
    {
      name: 'a hash of a consistency proof',
      path: 'consistency/255-256',
      change: bytes => lines(bytes, 0, otherFirst),
    },
  ];
}

async function hasGo(): Promise<boolean> {
  return run('go', ['version']).then(
    () => true,
    () => false,
  );
}

/** What a check said: it accepts, it refuses by name, or it broke down, which counts as neither. */
type Answer = 'accepts' | 'refuses' | 'broke';

const byVerifier = (folder: string): Promise<Answer> =>
  verifyFolder(folder).then(
    () => 'accepts',
    cause => (cause instanceof VerificationError ? 'refuses' : 'broke'),
  );

const byGo = (program: string, folder: string): Promise<Answer> =>
  run(program, [folder]).then(
    () => 'accepts',
    cause => ((cause as { stderr?: string }).stderr?.startsWith('FAIL ') ? 'refuses' : 'broke'),
  );

async function main(): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'interop-ledger-'));
  // The database server's account must be able to walk through.
  await chmod(scratch, 0o755);
  const folder = process.argv[2] ?? join(scratch, 'log');
  const opened = await openDatabase({ dataDir: scratch, log: silentLog, migrations: migrationFolders() });
  try {
    const key = { name: 'interop.example/ledger', ...(await openSigningKey(join(scratch, 'log-key.pem'))) };
    await makeLog(opened.database, key, join(scratch, 'checkpoint'), folder);
    const size = STEPS.reduce((sum, step) => sum + step, 0);
    const goProgram = join(scratch, 'go-ledger');
    const isGo = await hasGo();
    if (isGo) await run('go', ['build', '-buildvcs=false', '-o', goProgram, '.'], { cwd: GO_MODULE });

    const both = async (name: string, where: string, expected: Answer): Promise<void> => {
      tell(`verifier: ${name}`, (await byVerifier(where)) === expected);
      if (isGo) tell(`go sumdb: ${name}`, (await byGo(goProgram, where)) === expected);
      else console.log(`skipped go sumdb: ${name}`);
    };
    await both(`accepts a log of ${size} entries under ${STEPS.length} checkpoints`, folder, 'accepts');
    for (const { name, path, change } of alterations(key, size)) {
      const copy = join(scratch, 'altered');
      await rm(copy, { recursive: true, force: true });
      await cp(folder, copy, { recursive: true });
      const before = await readFile(join(copy, path));
      const after = Buffer.from(change(Buffer.from(before)));
      if (after.equals(before)) throw new Error(`${path} was not altered`);
      await writeFile(join(copy, path), after);
      await both(`refuses ${name}`, copy, 'refuses');
    }
  } finally {
    await opened.close();
    await rm(scratch, { recursive: true, force: true });
  }
  process.exitCode = hasFailed ? 1 : 0;
}

await main();

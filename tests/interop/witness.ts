/**
 * Witnesses and strangers, both ways: a real log of the server's own sequencer is cosigned by our witness as its own
 * process and by torchwood's `litewitness` (Go), through the server's own asking; Go's `sumdb/note` with the
 * cosignature verifier of `transparency-dev/formats` opens what each cosigned, and refuses it altered.
 *
 * One line for each check. Without Go, or where a module cannot be had, its checks are skipped by name.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { migrationFolders } from '../../server/src/kernel/database/migrate.ts';
import { openDatabase } from '../../server/src/kernel/database/open.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { silentLog } from '../../server/src/kernel/log.ts';
import { passingSigningKey } from '../../server/src/kernel/seal/signing-key.ts';
import { systemClock } from '../../server/src/kernel/time.ts';
import { type NoteSigner, vkeyOf } from '../../server/src/spine/ledger/note.ts';
import { startSequencer } from '../../server/src/spine/ledger/sequencer.ts';
import { stageAll } from '../../server/src/spine/ledger/stage.ts';
import { startCosigning } from '../../server/src/spine/ledger/witnesses/cosigning.ts';
import { witnessesOverHttp } from '../../server/src/spine/ledger/witnesses/over-http.ts';
import { readWitnessPolicy } from '../../server/src/spine/ledger/witnesses/policy.ts';

const run = promisify(execFile);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const TORCHWOOD = 'filippo.io/torchwood/cmd/litewitness@v0.6.1';
const ORIGIN = 'interop.example/ledger';
const SIZES = [1, 255, 256, 300, 777];

let hasFailed = false;
const running: ChildProcess[] = [];

function tell(name: string, isOk: boolean): void {
  console.log(`${isOk ? 'ok' : 'FAIL'} ${name}`);
  hasFailed ||= !isOk;
}

/** Starts a program and answers the first match in what it says. */
function started(command: string, args: readonly string[], said: RegExp, env = process.env): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  running.push(child);
  return new Promise((resolve, reject) => {
    let text = '';
    const take = (part: Buffer) => {
      text += part.toString();
      const match = said.exec(text);
      if (match !== null) resolve(match[1] ?? '');
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    child.once('exit', code => reject(new Error(`${command} ended with ${code}: ${text}`)));
  });
}

interface Witness {
  readonly url: string;
  readonly vkey: string;
}

async function ours(scratch: string, logKey: string): Promise<Witness> {
  const args = [
    here('../../packages/witness/src/thingward-witness.mjs'),
    'serve',
    '--state',
    join(scratch, 'w1'),
  ];
  const line = await started(
    process.execPath,
    [...args, '--name', 'regulator.example/w1', '--log', logKey, '--listen', '127.0.0.1:0'],
    /(\{.*\})\n/,
  );
  const told = JSON.parse(line) as { listening: string; verifierKey: string };
  return { url: told.listening, vkey: told.verifierKey };
}

/** Its key lies with an ssh-agent; the log is put into its database, as `witnessctl` does. */
async function litewitness(scratch: string, logKey: string): Promise<Witness | null> {
  const bin = join(scratch, 'bin');
  const isThere = await run('go', ['install', TORCHWOOD], { env: { ...process.env, GOBIN: bin } }).then(
    () => true,
    () => false,
  );
  const agent = join(scratch, 'agent');
  if (
    !isThere ||
    !(await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(scratch, 'id')]).then(
      () => true,
      () => false,
    ))
  )
    return null;
  running.push(spawn('ssh-agent', ['-D', '-a', agent], { stdio: 'ignore' }));
  const env = { ...process.env, SSH_AUTH_SOCK: agent };
  await until(() => run('ssh-add', ['-q', join(scratch, 'id')], { env }));
  const { stdout } = await run('ssh-keygen', ['-lf', join(scratch, 'id.pub')]);
  const fingerprint = /SHA256:\S+/.exec(stdout)?.[0] as string;
  const port = 20_000 + (process.pid % 20_000);
  const db = join(scratch, 'litewitness.db');
  const vkey = await started(
    join(bin, 'litewitness'),
    [
      '-db',
      db,
      '-name',
      'foreign.example/w2',
      '-key',
      fingerprint,
      '-ssh-agent',
      agent,
      '-listen',
      `127.0.0.1:${port}`,
    ],
    /vkey="?([^"\s]+)/,
  );
  const store = new DatabaseSync(db);
  store.prepare('INSERT INTO log (origin, tree_size, tree_hash) VALUES (?, 0, ?)').run(ORIGIN, EMPTY);
  store.prepare('INSERT INTO key (origin, key) VALUES (?, ?)').run(ORIGIN, logKey);
  store.close();
  return { url: `http://127.0.0.1:${port}`, vkey };
}

const EMPTY = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';

async function until(work: () => Promise<unknown>): Promise<void> {
  for (let turn = 0; ; turn++) {
    try {
      await work();
      return;
    } catch (cause) {
      if (turn > 100) throw cause;
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }
}

/** Grows the log step by step; after each the witness must have cosigned that size. */
async function cosigned(
  database: Database,
  key: NoteSigner,
  folder: string,
  witness: Witness,
  name: string,
): Promise<string> {
  const checkpointFile = join(folder, 'checkpoint');
  const cosignedFile = join(folder, `cosigned-${name}`);
  const log = { database, key, checkpointFile, log: silentLog, clock: systemClock };
  const { policy } = readWitnessPolicy(`witness w ${witness.vkey} ${witness.url}\nquorum w\n`);
  const sequencer = await startSequencer({ ...log, intervalMs: 3_600_000 });
  const cosigning = startCosigning({
    ...log,
    cosignedFile,
    policy,
    wire: witnessesOverHttp(5_000),
    restMs: 20,
  });
  try {
    let size = await sequencer.flush(0);
    for (const step of SIZES) {
      const acts = Array.from({ length: step }, (_, i) => {
        const object = `case/${size + i}`;
        return {
          act: 'case-note',
          object,
          partyId: null,
          actor: 'interop',
          atMs: systemClock.now(),
          detail: {},
        };
      });
      await database.corridor(tx => stageAll(tx, acts));
      size = await sequencer.flush();
      await until(async () => {
        const text = await readFile(cosignedFile, 'utf8');
        if (Number(text.split('\n')[1]) !== size) throw new Error('not yet');
      });
    }
    return cosignedFile;
  } finally {
    await cosigning.stop();
    await sequencer.stop();
  }
}

const accepts = (program: string, args: readonly string[]): Promise<boolean> =>
  run(program, [...args]).then(
    () => true,
    cause => {
      if (!(cause as { stderr?: string }).stderr?.startsWith('FAIL ')) throw cause;
      return false;
    },
  );

async function main(): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'iw-'));
  await chmod(scratch, 0o755);
  const opened = await openDatabase({ dataDir: scratch, log: silentLog, migrations: migrationFolders() });
  try {
    const key = { name: ORIGIN, ...passingSigningKey() };
    const logKey = vkeyOf(key);
    const program = join(scratch, 'go-witness');
    const hasGo = await run('go', ['build', '-buildvcs=false', '-o', program, '.'], {
      cwd: here('../vectors/go-witness/'),
    }).then(
      () => true,
      () => false,
    );
    const witnesses: Array<[string, Witness | null]> = [
      ['our witness', await ours(scratch, logKey)],
      ['litewitness', hasGo ? await litewitness(scratch, logKey) : null],
    ];
    for (const [name, witness] of witnesses) {
      if (witness === null) {
        console.log(`skipped ${name}: it cannot be had here`);
        continue;
      }
      const file = await cosigned(opened.database, key, scratch, witness, name.replace(' ', '-'));
      tell(`${name} cosigns ${SIZES.length} checkpoints that go on from one another`, true);
      if (!hasGo) {
        console.log(`skipped go note.Open of what ${name} cosigned`);
        continue;
      }
      tell(
        `go note.Open accepts what ${name} cosigned`,
        await accepts(program, [file, logKey, witness.vkey]),
      );
      const text = await readFile(file, 'utf8');
      const altered = {
        'another size': text.replace(/\n(\d+)\n/, (_, size: string) => `\n${Number(size) + 1}\n`),
        'another time': text.replace(
          /(\n— \S+ \S{7})(\S)(\S+\n)$/,
          (_, a: string, b: string, c: string) => `${a}${b === 'B' ? 'C' : 'B'}${c}`,
        ),
        'no cosignature': text.replace(/\n— [^\n]+\n$/, '\n'),
      };
      for (const [what, changed] of Object.entries(altered)) {
        if (changed === text) throw new Error(`${what} is what it was`);
        await writeFile(`${file}-altered`, changed);
        const isRefused = !(await accepts(program, [`${file}-altered`, logKey, witness.vkey]));
        tell(`go note.Open refuses what ${name} cosigned with ${what}`, isRefused);
      }
    }
  } finally {
    for (const child of running) child.kill('SIGKILL');
    await opened.close();
    await rm(scratch, { recursive: true, force: true });
  }
  process.exitCode = hasFailed ? 1 : 0;
}

await main();

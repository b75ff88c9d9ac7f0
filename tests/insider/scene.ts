import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import {
  parseVerifierKey,
  policyOf,
  type ReadLogFile,
  VerificationError,
  verifyProof,
  verifyTiles,
} from '../../packages/verifier/src/index.ts';
import {
  openCosigner,
  openMonitor,
  openWitness,
  originHash,
  type Witness,
} from '../../packages/witness/src/index.ts';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import { silentLog } from '../../server/src/kernel/log.ts';
import { isRefusal } from '../../server/src/kernel/refusal.ts';
import { settableClock } from '../../server/src/kernel/time.ts';
import { vkeyOf } from '../../server/src/spine/ledger/note.ts';
import { type LedgerReader, ledgerReader } from '../../server/src/spine/ledger/read.ts';
import { type Sequencer, startSequencer } from '../../server/src/spine/ledger/sequencer.ts';
import { stageAll } from '../../server/src/spine/ledger/stage.ts';
import { witnessKeyOf } from '../../server/src/spine/ledger/witnesses/cosignature.ts';
import { startCosigning } from '../../server/src/spine/ledger/witnesses/cosigning.ts';
import type { WitnessWire } from '../../server/src/spine/ledger/witnesses/over-http.ts';
import { heedWitnesses } from '../../server/src/spine/ledger/witnesses/seen.ts';
import { noteSigner } from '../made-log.ts';

/** What each of those who look comes to after an insider's deed. */
export interface Shown {
  /** The server that goes on running, at its next act: a code, or `signs`. */
  readonly running: string;
  /** The server when it is started anew. */
  readonly start: string;
  /** Anyone with the verifier and the log's files: a code, or `ok`. */
  readonly verifier: string;
  /** A monitor that had looked before, at its next look: kinds of alarm. */
  readonly monitor: readonly string[];
  /** The same, told to derive the whole log. */
  readonly whole: readonly string[];
  /** The witness, asked to cosign what is published now: the trouble, or `cosigns`. */
  readonly witness: string;
  /** The holder of a proof of entry 3, taken before: a code, or `ok`. */
  readonly proof: string;
}

/** A ledger of 300 entries that a witness cosigned and a monitor followed; everything real but the network. */
export interface InsiderScene {
  readonly db: TestDatabase;
  readonly folder: string;
  readonly checkpointFile: string;
  readonly key: ReturnType<typeof noteSigner>;
  readonly witness: Witness;
  /** The owner of the database with its triggers out of the way. */
  sql(...statements: readonly string[]): Promise<void>;
  act(count?: number): Promise<void>;
  look(): Promise<Shown>;
  close(): Promise<void>;
}

const ORIGIN = 'insider.example/ledger';
const NOW_MS = Date.UTC(2026, 10, 25);

export async function openInsiderScene(): Promise<InsiderScene> {
  const db = await testDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'tw-insider-'));
  const key = noteSigner(ORIGIN);
  const vkey = vkeyOf(key);
  const clock = settableClock(NOW_MS);
  const checkpointFile = join(folder, 'ledger.checkpoint');
  const log = { database: db.database, key, checkpointFile, log: silentLog };
  const cosigner = await openCosigner(folder, 'regulator.example/w1');
  const logs = [await parseVerifierKey(vkey)];
  const witness = await openWitness({
    folder: join(folder, 'witness'),
    cosigner,
    logs,
    now: () => clock.now(),
  });
  const wire: WitnessWire = {
    submit: (_url, body) => witness.addCheckpoint(body),
    latest: async () => {
      const note = witness.latest(originHash(ORIGIN));
      return note === null ? { status: 404, body: '' } : { status: 200, body: note };
    },
  };
  const asked = {
    name: 'w1',
    key: witnessKeyOf(cosigner.vkey) as NonNullable<ReturnType<typeof witnessKeyOf>>,
    url: 'x',
  };
  const start = (): Promise<Sequencer> => startSequencer({ ...log, clock, intervalMs: 3_600_000 });
  let sequencer = await start();
  const reader: LedgerReader = ledgerReader(log);
  const policy = await policyOf(vkey);
  const read: ReadLogFile = async path =>
    path === 'checkpoint'
      ? Buffer.from((await reader.checkpoint()) ?? '')
      : reader.tile(path.replace('tile/', ''));
  const watcher = (isWhole: boolean, place: string) =>
    openMonitor(
      join(folder, place),
      {
        origin: ORIGIN,
        read,
        policy,
        logAlone: policy,
        witnesses: [{ url: 'w1', read: async () => Buffer.from(witness.latest(originHash(ORIGIN)) ?? '') }],
        watches: [],
        staleMs: 1e12,
        isWhole,
        pause: async () => {},
      },
      () => clock.now(),
    );
  const owner: pg.Pool = db.rawPool({ role: 'owner', max: 1 });
  let count = 0;
  const act = async (many = 1): Promise<void> => {
    const acts = Array.from({ length: many }, () => {
      count += 1;
      return {
        act: 'case-note',
        object: `case/${count}`,
        partyId: null,
        actor: 'person/1',
        atMs: clock.now(),
        detail: { count },
      };
    });
    await db.database.corridor(tx => stageAll(tx, acts));
  };
  const cosigned = async (): Promise<string> => {
    const cosigning = startCosigning({
      ...log,
      wire,
      clock,
      cosignedFile: join(folder, 'ledger.cosigned'),
      policy: { witnesses: [asked], isQuorum: () => true },
      restMs: 5,
    });
    for (let waited = 0; waited < 400; waited++) {
      const [standing] = cosigning.standings();
      if (standing?.trouble || standing?.size != null) break;
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    await cosigning.stop();
    return cosigning.standings()[0]?.trouble ?? 'cosigns';
  };

  // What other databases of the server have under way holds the horizon back, and with it what is numbered.
  const numberAll = async (): Promise<void> => {
    for (let tries = 0; tries < 250; tries++) {
      await sequencer.flush(0);
      const { rowCount } = await owner.query('select from ledger_stage limit 1');
      if (rowCount === 0) return;
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  };

  await act(300);
  await numberAll();
  await cosigned();
  const [monitor, whole] = await Promise.all([watcher(false, 'monitor'), watcher(true, 'whole')]);
  for (const each of [monitor, whole]) {
    const { alarms } = await each.round();
    if (alarms.length > 0) throw new Error(`the scene is not whole: ${JSON.stringify(alarms)}`);
  }
  const proof = (await reader.proofFor(3)) as string;

  return {
    db,
    folder,
    checkpointFile,
    key,
    witness,
    act,
    async sql(...statements) {
      for (const table of ['ledger_entry', 'ledger_tile', 'ledger_checkpoint', 'ledger_stage'])
        await owner.query(`alter table ${table} disable trigger user`);
      for (const statement of statements) await owner.query(statement);
      for (const table of ['ledger_entry', 'ledger_tile', 'ledger_checkpoint', 'ledger_stage'])
        await owner.query(`alter table ${table} enable trigger user`);
    },
    async look() {
      await act();
      const running = await codeOf(numberAll, 'signs');
      await sequencer.stop();
      const heeded = await codeOf(() => heedWitnesses({ ...log, wire, witnesses: [asked] }), 'ok');
      const begun = await codeOf(async () => {
        sequencer = await start();
        const { refusal } = sequencer.state();
        if (refusal !== null) throw refusal;
        await numberAll();
      }, 'signs');
      const kinds = async (who: Awaited<ReturnType<typeof watcher>>) => [
        ...new Set((await who.round()).alarms.map(alarm => alarm.kind)),
      ];
      const [{ entry } = { entry: Buffer.alloc(0) }] = await db.database.corridor(tx =>
        reader.entriesOf(tx, 'case/4'),
      );
      return {
        running,
        start: heeded === 'ok' ? begun : heeded,
        verifier: await codeOf(() => verifyTiles(read, policy), 'ok'),
        monitor: await kinds(monitor),
        whole: await kinds(whole),
        witness: await cosigned(),
        proof: await codeOf(() => verifyProof(proof, new Uint8Array(entry), policy), 'ok'),
      };
    },
    async close() {
      await sequencer.stop().catch(() => {});
      await db.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function codeOf(work: () => Promise<unknown>, otherwise: string): Promise<string> {
  try {
    await work();
    return otherwise;
  } catch (cause) {
    if (isRefusal(cause) || cause instanceof VerificationError) return cause.code;
    return `fails: ${(cause as Error).message.slice(0, 60)}`;
  }
}

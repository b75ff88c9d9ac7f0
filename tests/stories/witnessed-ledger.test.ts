/** a regulator's witness and monitor beside a running server, and a backup of yesterday. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { type AddressInfo, createServer, type Server as Listener } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  parsePolicy,
  parseVerifierKey,
  policyOf,
  verifyCheckpoint,
  verifyProof,
} from '../../packages/verifier/src/index.ts';
import {
  logAt,
  openCosigner,
  openMonitor,
  openWitness,
  witnessServer,
} from '../../packages/witness/src/index.ts';
import { ApiClient, until } from '../api-client.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

const ORIGIN = 'supervise.example/ledger';
const PASSWORD = 'correct horse battery staple';
let scratch: string;
let data: ReturnType<typeof dataFolder>;
let server: ServerProcess;
let email: string;
let vkey: string;
let witness: Server;
let mute: Listener;
let policyText: string;
let env: Record<string, string>;

const portOf = (of: Server | Listener): number => (of.address() as AddressInfo).port;
const listening = (of: Server | Listener) =>
  new Promise<void>(resolve => of.listen(0, '127.0.0.1', () => resolve()));
const witnessUrl = () => `http://127.0.0.1:${portOf(witness)}`;
const cosignedNote = async (): Promise<string | null> => {
  const answer = await fetch(`${server.address}/ledger/checkpoint/cosigned`);
  return answer.ok ? answer.text() : null;
};
const sizeOf = (note: string): number => Number(note.split('\n')[1]);

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'tw-witnessed-'));
  data = dataFolder();
  server = await startServer(data.path, { env: { THINGWARD_LEDGER_ORIGIN: ORIGIN } });
  email = server.first?.email as string;
  const client = new ApiClient(server.address);
  await client.signIn(email, server.first?.password as string, PASSWORD);
  const key = await fetch(`${server.address}/api/v1/ledger/key`);
  vkey = ((await key.json()) as { verifierKey: string }).verifierKey;
  await server.stop();
  execFileSync('cp', ['-a', data.path, join(scratch, 'yesterday')]);

  const cosigner = await openCosigner(scratch, 'regulator.example/w1');
  const logs = [await parseVerifierKey(vkey)];
  witness = witnessServer(
    await openWitness({ folder: scratch, cosigner, logs, now: () => Date.now() }),
    cosigner.vkey,
    () => {},
  );
  // It takes connections and never says a word.
  mute = createServer(() => {});
  await Promise.all([listening(witness), listening(mute)]);
  const other = await openCosigner(mkdtempSync(join(scratch, 'w2-')), 'university.example/w2');
  policyText = `log ${vkey}
witness w1 ${cosigner.vkey} ${witnessUrl()}
witness w2 ${other.vkey} http://127.0.0.1:${portOf(mute)}
group either any w1 w2
quorum either
`;
  writeFileSync(join(scratch, 'policy'), policyText);
  env = { THINGWARD_LEDGER_POLICY: join(scratch, 'policy') };
  server = await startServer(data.path, { env });
}, 120_000);
afterAll(async () => {
  await server?.stop();
  witness?.close();
  mute?.close();
  data?.remove();
  rmSync(scratch, { recursive: true, force: true });
});

describe('a ledger with witnesses', () => {
  test('is cosigned in the background while one of two witnesses never answers, and its proofs meet the quorum', async () => {
    const client = new ApiClient(server.address);
    await client.signIn(email, PASSWORD);
    const party = await client.post<{ id: number }>('/parties', {
      kind: 'manufacturer',
      name: { en: 'North', zh: '北方' },
    });
    const policy = await parsePolicy(policyText);
    const proven = await until('a cosigned entry', async () => {
      // The test client takes /ledger/… for the public log, so this address is asked by hand.
      const answer = await fetch(`${server.address}/api/v1/ledger/proofs?object=party/${party.id}`, {
        headers: { authorization: `Bearer ${client.token}` },
      });
      const { items } = (await answer.json()) as {
        items: Array<{ state: string; proof: string; entry: string }>;
      };
      return items[0]?.state === 'cosigned' ? items[0] : null;
    });
    const { index, checkpoint } = await verifyProof(
      proven.proof,
      Buffer.from(proven.entry, 'base64'),
      policy,
    );
    expect(index).toBeLessThan(checkpoint.size);
    const shown = await (await fetch(`${server.address}/ledger/checkpoint`)).text();
    expect((await verifyCheckpoint(shown, await policyOf(vkey))).size).toBeGreaterThanOrEqual(
      checkpoint.size,
    );
    const standings = await until('the silence of the other', async () => {
      const { ledger } = await client.get<{ ledger: { witnesses: Array<{ trouble: string | null }> } }>(
        '/status',
      );
      return ledger.witnesses[1]?.trouble === null ? null : ledger.witnesses;
    });
    expect(standings).toEqual([
      { name: 'w1', size: expect.any(Number), cosignedAt: expect.any(String), trouble: null },
      { name: 'w2', size: null, cosignedAt: null, trouble: 'no-answer' },
    ]);
  });

  test('is followed by a monitor from its files alone, which compares it with the witness', async () => {
    const policy = await parsePolicy(policyText);
    const plan = {
      origin: ORIGIN,
      read: logAt(`${server.address}/ledger`),
      policy: { ...policy, isQuorum: () => true },
      logAlone: await policyOf(vkey),
      witnesses: [{ url: witnessUrl(), read: logAt(witnessUrl()) }],
      watches: [],
      staleMs: 60_000,
      pause: (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms)),
    };
    const monitor = await openMonitor(scratch, plan, () => Date.now());
    const round = await monitor.round();
    expect([round.alarms, round.isAnswered]).toEqual([[], true]);
    expect(Object.values(round.acts).reduce((sum, count) => sum + count, 0)).toBe(round.size);
  });

  test('signs nothing once a backup of yesterday is restored, checkpoint file and all: the witness saw more (R-04)', async () => {
    const witnessed = sizeOf((await cosignedNote()) as string);
    await server.kill();
    const restored = dataFolder();
    try {
      execFileSync('cp', ['-a', `${join(scratch, 'yesterday')}/.`, restored.path]);
      server = await startServer(restored.path, { env });
      const ready = await fetch(`${server.address}/readyz`);
      expect([ready.status, await ready.json()]).toEqual([
        503,
        { status: 'not-ready', notReady: expect.arrayContaining(['ledger']) },
      ]);
      const client = new ApiClient(server.address);
      await client.signIn(email, PASSWORD);
      await client.post('/parties', { kind: 'manufacturer', name: { en: 'South', zh: '南方' } });
      await new Promise(resolve => setTimeout(resolve, 1_500));
      const { ledger } = await client.get<{ ledger: { refusal: string; treeSize: number } }>('/status');
      expect(ledger.refusal).toBe('ledger-behind');
      expect(ledger.treeSize).toBeLessThan(witnessed);
      expect(server.output).toContain(
        'a witness saw a checkpoint of this log that the checkpoint file does not know',
      );
    } finally {
      await server.stop();
      restored.remove();
    }
  });
});

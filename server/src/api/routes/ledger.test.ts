import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { silentLog } from '../../kernel/log.ts';
import { passingSigningKey } from '../../kernel/seal/signing-key.ts';
import { settableClock } from '../../kernel/time.ts';
import { ledgerReader } from '../../spine/ledger/read.ts';
import { type Sequencer, startSequencer } from '../../spine/ledger/sequencer.ts';
import { stageAll } from '../../spine/ledger/stage.ts';
import type { App, Doors } from '../app.ts';
import { buildApi } from '../server.ts';
import { ledgerRoutes } from './ledger.ts';

describe('the log over HTTP', () => {
  let db: TestDatabase;
  let folder: string;
  let sequencer: Sequencer;
  let app: App;

  beforeAll(async () => {
    db = await testDatabase();
    folder = await mkdtemp(join(tmpdir(), 'ledger-http-'));
    const key = { name: 'ledger.example/log', ...passingSigningKey() };
    const clock = settableClock(0);
    const options = {
      database: db.database,
      key,
      checkpointFile: join(folder, 'checkpoint'),
      clock,
      log: silentLog,
    };
    const ledger = ledgerReader(options);
    const signIn = { whoIs: async () => null } as unknown as Doors['signIn'];
    app = await buildApi({ ...options, ledger, signIn } as unknown as Doors, [ledgerRoutes]);
    const early = await app.inject('/ledger/checkpoint');
    expect([early.statusCode, early.headers['cache-control']]).toEqual([404, 'no-store']);
    sequencer = await startSequencer({ ...options, intervalMs: 3_600_000 });
    const acts = Array.from({ length: 300 }, (_, i) => i).map(
      i =>
        ({
          act: 'case-note',
          object: `case/${i}`,
          partyId: null,
          actor: 'user/1',
          atMs: 0,
          detail: i,
        }) as const,
    );
    await db.database.corridor(tx => stageAll(tx, acts));
    await sequencer.flush();
  });
  afterAll(async () => {
    await sequencer.stop();
    await app.close();
    await db.close();
    await rm(folder, { recursive: true });
  });

  test.each([
    ['/ledger/checkpoint', 'text/plain; charset=utf-8', /max-age=1$/],
    ['/ledger/tile/0/000', 'application/octet-stream', /immutable/],
    ['/ledger/tile/entries/000', 'application/octet-stream', /immutable/],
    ['/ledger/tile/0/001.p/44', 'application/octet-stream', /max-age=60$/],
    ['/ledger/tile/1/000.p/1', 'application/octet-stream', /max-age=60$/],
  ])('serves %s to anyone, with the type and caching of the specification', async (url, type, cache) => {
    const answer = await app.inject(url);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.headers['cache-control']).toMatch(cache);
    expect(answer.rawPayload.length).toBeGreaterThan(0);
  });

  test.each([
    '/ledger/tile/0/001',
    '/ledger/tile/0/001.p/45',
    '/ledger/tile/0/000.p/0',
    '/ledger/tile/0/%2e%2e/000',
    '/ledger/tile/x',
  ])('has nothing at %s, and lets no cache remember that', async url => {
    const answer = await app.inject(url);
    expect([answer.statusCode, answer.headers['cache-control']]).toEqual([404, 'no-store']);
  });

  test('gives its verifier key to anyone and proofs to no stranger', async () => {
    const key = await app.inject('/api/v1/ledger/key');
    expect(key.json()).toEqual({
      verifierKey: expect.stringMatching(/^ledger\.example\/log\+[0-9a-f]{8}\+/),
    });
    const stranger = await app.inject('/api/v1/ledger/proofs?object=case/3');
    expect(stranger.statusCode).toBe(401);
  });
});

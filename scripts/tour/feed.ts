import { join } from 'node:path';
import type { Batch, Door, Items, Status } from './answers.ts';
import { doorOf } from './answers.ts';
import { type Provider, type Server, startProvider, startServer } from './parts.ts';
import type { Sample } from './sample.ts';
import type { Stage } from './stage.ts';

/** How much of the sample is handed over before the server is killed. */
const SHARE = 0.7;
/** So many looks in a row, a fifth of a second apart, must see the same count. */
const LOOKS = 5;
const PASSWORD = 'a pass phrase for one tour';

export interface Started {
  readonly server: Server;
  readonly provider: Provider;
  readonly door: Door;
  /** The ledger's verifier key as it was at the beginning. */
  readonly key: string;
}

/** Starts both processes, signs in, and registers the tables of the sample. */
export async function start(stage: Stage, sample: Sample): Promise<Started> {
  stage.heading('start');
  const provider = await startProvider(stage.owns, join(stage.folder, 'provider'));
  const server = await startServer(stage.owns, stage.folder, 0);
  const { email, password } = server.first ?? { email: '', password: '' };
  const login = ['login', server.address, '--email', email];
  const files = ['--password-file', stage.file('one-time', password)];
  await stage.json(...login, ...files, '--new-password-file', stage.file('password', PASSWORD));
  const { database } = await stage.json<Status>('status');
  const ready = await fetch(`${server.address}/readyz`);
  stage.claim(ready.ok, 'start.server', {
    address: server.address,
    database: `PostgreSQL ${database.version}`,
  });
  stage.claim(database.durable, 'start.durable', {
    fsync: String(database.fsync),
    commit: String(database.synchronousCommit),
  });
  stage.claim((await provider.stateOf(sample.fleet.cards[0]?.iccid ?? '')) === 'active', 'start.provider', {
    address: provider.address,
  });
  const door = await doorOf(server.address, email, PASSWORD);
  const { verifierKey: key } = await door.get<{ verifierKey: string }>('/ledger/key');
  stage.claim(key.includes('+'), 'start.key', { key });
  await register(stage, sample);
  return { server, provider, door, key };
}

async function register(stage: Stage, sample: Sample): Promise<void> {
  let wanted = 0;
  let registered = 0;
  for (const [name, text] of Object.entries(sample.tables)) {
    wanted += text.trimEnd().split('\n').length - 1;
    const report = await stage.json<{ registered: number }>('import', name, stage.file(`${name}.csv`, text));
    registered += report.registered;
  }
  const tables = Object.keys(sample.tables).length;
  stage.claim(registered === wanted, 'start.tables', { rows: registered, tables });
  const mapping = stage.file('usage.mapping.json', JSON.stringify(sample.mapping));
  await stage.json('sources', 'add', 'usage', '--format', 'generic-csv', '--mapping', mapping);
}

/** Hands a part of the sample over, kills the server while it waits for more, and starts it again on the same port. */
export async function feedAndKill(stage: Stage, sample: Sample, before: Started): Promise<Started> {
  stage.heading('feed');
  stage.tell('feed.sample', {
    records: sample.fleet.usage.length,
    cards: sample.fleet.cards.length,
    seed: sample.seed,
    planted: sample.fleet.truth.length,
    innocent: sample.innocent.size,
  });
  const all = sample.lines.length;
  const part = sample.lines.slice(0, Math.floor(all * SHARE));
  let signal = '';
  let committed = 0;
  const said = await stage.run(['feed', 'usage', '-', '--name', 'usage.csv'], async stdin => {
    stdin.write(`${part.join('\n')}\n`);
    // The server commits whole chunks and holds the rest in memory: it is at rest when its count stands still.
    let looks = 0;
    await stage.until('feed', async () => {
      const { received } = await lastBatch(before.door);
      looks = received === committed ? looks + 1 : 0;
      committed = received;
      return committed > 0 && looks >= LOOKS;
    });
    stage.tell('feed.part', { lines: part.length, all });
    signal = await before.server.kill();
  });
  stage.claim(signal === 'SIGKILL' && committed > 0 && committed < part.length, 'feed.killed', {
    signal,
    received: committed,
  });
  stage.claim(said.code !== 0, 'feed.broken', {
    code: said.code,
    said: said.err.trim().split('\n').join(' '),
  });
  const server = await startServer(stage.owns, stage.folder, Number(new URL(before.server.address).port));
  stage.claim(server.first === null && server.address === before.server.address, 'feed.again');
  const { received } = await lastBatch(before.door);
  stage.claim(received >= committed && received < part.length, 'feed.kept', { received, committed });
  return { ...before, server };
}

async function lastBatch(door: Door): Promise<{ readonly received: number }> {
  const [batch] = (await door.get<Items<Batch>>('/batches')).items;
  return batch ?? { received: 0 };
}

/** Hands the whole file over again and balances what came of both batches, record for record. */
export async function balance(stage: Stage, sample: Sample, { door }: Started): Promise<void> {
  stage.heading('balance');
  stage.tell('balance.resend');
  const file = stage.file('usage.csv', `${sample.lines.join('\n')}\n`);
  await stage.json<Batch>('feed', 'usage', file);
  const batches = [...(await door.get<Items<Batch>>('/batches')).items].reverse();
  for (const { id, received, accepted, duplicate, quarantined } of batches) {
    const isBalanced = received === accepted + duplicate + quarantined;
    stage.claim(isBalanced, 'balance.batch', { id, received, accepted, duplicate, quarantined });
  }
  const records = sample.fleet.usage.length;
  const sum = (of: (batch: Batch) => number) => batches.reduce((total, batch) => total + of(batch), 0);
  const [first, second] = batches;
  const isAll =
    sum(batch => batch.accepted) === records && second?.received === records + sample.damaged.length;
  stage.claim(isAll, 'balance.all', { accepted: sum(batch => batch.accepted), records });
  stage.claim(second?.duplicate === first?.received, 'balance.known', { duplicate: second?.duplicate ?? 0 });
  const held = await stage.json<Items<{ place: string; reason: string }>>('quarantine', 'list');
  const quarantined = sum(batch => batch.quarantined);
  const places = held.items.map(item => Number(/\d+$/.exec(item.place)?.[0])).sort((a, b) => a - b);
  const isHeld = quarantined === sample.damaged.length && places.join() === sample.damaged.join();
  stage.claim(isHeld && held.items.every(item => item.reason !== ''), 'balance.held', { quarantined });
  for (const { place, reason } of held.items) stage.tell('balance.one', { place, reason });
}

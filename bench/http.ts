/**
 * Clients that post single records against one-row commits to the same PostgreSQL: records per second by wall time.
 *
 * Ours goes through the whole house: 64 clients in a process of their own, each with one connection and one record
 * under way, an API key, an answer after the commit. The judge and the sequencer run meanwhile. The peer writes the
 * same rows, rendered beforehand, into a leaf of the same table over 16 connections, a durable commit each. Both
 * take turns in this run.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type pg from 'pg';
import { readConfig } from '../server/src/config.ts';
import { type House, openHouse } from '../server/src/house.ts';
import { sha256 } from '../server/src/kernel/bytes.ts';
import { openLog } from '../server/src/kernel/log.ts';
import { DAY_MS, systemClock } from '../server/src/kernel/time.ts';
import { genericJson } from '../server/src/modules/cards/formats/generic-json.ts';
import { plainProfile } from '../server/src/spine/observations/source-profile.ts';
import { addSource } from '../server/src/spine/observations/store.ts';
import { makeParty } from '../server/src/spine/observations/testing/make-party.ts';
import { addApiKey } from '../server/src/spine/registry/people/store.ts';

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '64' },
    records: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '16' },
  },
});
const records = Number(values.records);
const peerRecords = Math.ceil(records / 3);
const folder = mkdtempSync(join(tmpdir(), 'thingward-bench-'));
chmodSync(folder, 0o755);
const config = readConfig({ THINGWARD_DATA: folder, THINGWARD_LOG: 'warn' }, []);
const house = await openHouse(config, openLog('warn'), systemClock, () => {});
try {
  await bench(house);
} finally {
  await house.close();
  rmSync(folder, { recursive: true, force: true });
}

async function bench(house: House): Promise<void> {
  const { app, opened } = house;
  const partyId = await makeParty(opened.database);
  const columns = {
    iccid: 'iccid',
    imei: 'imei',
    time: 'time',
    bytesUp: 'up',
    bytesDown: 'down',
    plmn: 'plmn',
  };
  const profile = { ...plainProfile, lateWindowMs: 400 * DAY_MS, mapping: { columns } };
  const asked = { partyId, name: 'bench', format: genericJson.name, profile, atMs: systemClock.now() };
  const sourceId = await opened.database.door(partyId, tx => addSource(tx, asked));
  const port = new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port;
  const key = await keyFor(house, partyId);
  const leaf = await opened.leafFor(systemClock.now() - DAY_MS);
  const pool = opened.rawPool({ role: 'owner', max: Number(values.connections) });
  const clients = await Promise.all(Array.from({ length: Number(values.connections) }, () => pool.connect()));

  const rates: { ours: number; theirs: number }[] = [];
  const cpuMicros: number[] = [];
  for (let round = 0; round <= Number(values.rounds); round += 1) {
    const ours = async (): Promise<number> => {
      const before = process.cpuUsage();
      const rate = await post(port, sourceId, key, round * records);
      const { user, system } = process.cpuUsage(before);
      cpuMicros.push((user + system) / records);
      return rate;
    };
    const theirs = (): Promise<number> =>
      insertAll(clients, leaf, { partyId, sourceId }, round * peerRecords);
    const isOursFirst = round % 2 === 0;
    const [a, b] = [await (isOursFirst ? ours : theirs)(), await (isOursFirst ? theirs : ours)()];
    if (round > 0) rates.push(isOursFirst ? { ours: a, theirs: b } : { ours: b, theirs: a });
  }
  for (const client of clients) client.release();
  const { durable } = await opened.readDurability();
  const [{ chunks, kept }] = (
    await pool.query<{ chunks: number; kept: number }>(
      'select count(*) as chunks, sum(accepted)::bigint as kept from chunk where source_id = $1',
      [sourceId],
    )
  ).rows as [{ chunks: number; kept: number }];
  if (kept !== records * (Number(values.rounds) + 1)) throw new Error(`${kept} records are stored`);
  console.log(
    `durable=${durable} clients=${values.clients} records=${records} connections=${values.connections} records_per_commit=${(kept / chunks).toFixed(1)}`,
  );
  console.log(`rounds ${rates.map(({ ours, theirs }) => (ours / theirs).toFixed(2)).join(' ')}`);
  console.log(
    `server_cpu_us_per_record=${median(cpuMicros).toFixed(0)} (this process alone, judging among it)`,
  );
  console.log(`http_records_per_s=${median(rates.map(rate => rate.ours)).toFixed(0)}`);
  console.log(`one_row_commits_per_s=${median(rates.map(rate => rate.theirs)).toFixed(0)}`);
  console.log(
    `ratio http/one-row-commits=${median(rates.map(({ ours, theirs }) => ours / theirs)).toFixed(2)}`,
  );
}

/** A key as an administrator makes one. */
async function keyFor({ opened }: House, partyId: number): Promise<string> {
  const keyId = 'benchbench';
  const text = `tw_${keyId}_${randomBytes(32).toString('base64url')}`;
  const scopes = ['observations:write'] as const;
  const made = { title: 'bench', keyHash: sha256(text), createdBy: 'bench', expiresAtMs: null };
  await opened.database.door(partyId, tx =>
    addApiKey(tx, { ...made, keyId, partyId, scopes, atMs: systemClock.now() }),
  );
  return text;
}

/** Posts so many records by all clients; records per second. Throws when one was not accepted. */
async function post(port: string, sourceId: number, key: string, from: number): Promise<number> {
  const script = join(import.meta.dirname, 'http-clients.ts');
  const path = `/api/v1/sources/${sourceId}/records`;
  const args = [script, port, path, key, values.clients, String(records), String(from)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  for await (const part of child.stdout) told += String(part);
  const { tookMs, outcomes } = JSON.parse(told) as { tookMs: number; outcomes: Record<string, number> };
  if (outcomes['accepted'] !== records) throw new Error(`not all were accepted: ${JSON.stringify(outcomes)}`);
  return (records / tookMs) * 1_000;
}

/** The same rows one by one, a commit each, by all connections; rows per second. */
async function insertAll(
  clients: readonly pg.PoolClient[],
  leaf: string,
  of: { partyId: number; sourceId: number },
  from: number,
): Promise<number> {
  const rows = Array.from({ length: peerRecords }, (_, i) => rowOf(from + i, of));
  const text = `insert into ${leaf} (received_at, party_id, source_id, batch_id, chunk_id, record_no, digest, kind, claim, observed_at, time_mark, stated_at, body)
    values ($1, $2, $3, 1, $4, $5, $6, 'card-usage', $7, $8, 'stated', $8, $9)`;
  const beganAt = performance.now();
  let next = 0;
  await Promise.all(
    clients.map(async client => {
      while (next < rows.length)
        await client.query({ name: 'one-row', text, values: rows[next++] as unknown[] });
    }),
  );
  return (rows.length / (performance.now() - beganAt)) * 1_000;
}

function rowOf(no: number, { partyId, sourceId }: { partyId: number; sourceId: number }): unknown[] {
  const card = (no * 7_919) % 10_000;
  const imei = `35${String(card).padStart(12, '0')}0`;
  const body = JSON.stringify({
    ...{
      bytesUp: (no * 31) % 10_000,
      bytesDown: (no * 77) % 40_000,
      imei: imei.slice(0, 14),
      tac: imei.slice(0, 8),
    },
    ...{ mcc: '460', mnc: '00', plmn: '46000', event: 'event', service: 'data' },
  });
  const digest = Buffer.alloc(32);
  digest.writeUInt32BE(Math.imul(no + 1, 0x9e37_79b1) >>> 0);
  digest.writeUInt32BE(no, 4);
  const observedAt = new Date(Date.UTC(2026, 0, 1) + no * 50).toISOString();
  const receivedAt = new Date(systemClock.now() - DAY_MS).toISOString();
  return [
    receivedAt,
    partyId,
    sourceId,
    no,
    no + 1,
    digest,
    `iccid:8986011${String(card).padStart(12, '0')}`,
    observedAt,
    body,
  ];
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** The other peer of `bench/http.ts`: rows rendered beforehand, inserted without HTTP, key or reading, a durable commit each. */
import pg from 'pg';
import type { Told } from './http-ours.ts';

const { partyId, sourceId, database, connections, leaf, rows, from } = JSON.parse(
  process.argv[2] ?? '',
) as Told & {
  readonly connections: number;
  readonly leaf: string;
  readonly rows: number;
  readonly from: number;
};
const pool = new pg.Pool({ ...database, user: 'thingward_owner', max: connections });
const clients = await Promise.all(Array.from({ length: connections }, () => pool.connect()));
for (const client of clients) await client.query('set search_path = thingward');
const waiting = Array.from({ length: rows }, (_, i) => rowOf(from + i));
const text = `insert into ${leaf} (received_at, party_id, source_id, batch_id, chunk_id, record_no, digest, kind, claim, observed_at, time_mark, stated_at, body)
  values ($1, $2, $3, 1, $4, $5, $6, 'card-usage', $7, $8, 'stated', $8, $9)`;
const beganAt = performance.now();
let next = 0;
await Promise.all(
  clients.map(async client => {
    while (next < waiting.length)
      await client.query({ name: 'one-row', text, values: waiting[next++] as unknown[] });
  }),
);
const tookMs = performance.now() - beganAt;
for (const client of clients) client.release();
await pool.end();
console.log(JSON.stringify({ tookMs }));

function rowOf(no: number): unknown[] {
  const card = (no * 7_919) % 10_000;
  const imei = `35${String(card).padStart(12, '0')}0`;
  const usage = { bytesUp: (no * 31) % 10_000, bytesDown: (no * 77) % 40_000 };
  const device = { imei: imei.slice(0, 14), tac: imei.slice(0, 8) };
  const body = { ...usage, ...device, mcc: '460', mnc: '00', plmn: '46000', event: 'event', service: 'data' };
  const digest = Buffer.alloc(32);
  digest.writeUInt32BE(Math.imul(no + 1, 0x9e37_79b1) >>> 0);
  digest.writeUInt32BE(no, 4);
  const observedAt = new Date(Date.UTC(2026, 0, 1) + no * 50).toISOString();
  const claim = `iccid:8986011${String(card).padStart(12, '0')}`;
  const receivedAt = `${leaf.slice(-8, -4)}-${leaf.slice(-4, -2)}-${leaf.slice(-2)}T12:00:00Z`;
  return [receivedAt, partyId, sourceId, no, no + 1, digest, claim, observedAt, JSON.stringify(body)];
}

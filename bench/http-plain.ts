/**
 * The peer of `bench/http.ts`, in a process of its own: what one would build for the purpose without gathering. A Fastify
 * app checks an API key by its hash and the body by a schema, writes the record in a durable commit of its own over a
 * pool of connections, under row-level security by the party, and answers after the commit. The table has the columns,
 * indexes and walls of a leaf of ours.
 */
import { createHash, hash, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import pg from 'pg';
import type { Told } from './http-ours.ts';

const { key, partyId, path, database, connections } = JSON.parse(process.argv[2] ?? '') as Told & {
  readonly connections: number;
};

/** Keys as the service knows them: by the digest of their text. */
const keyHash = createHash('sha256').update(key).digest();
const pool = new pg.Pool({
  ...database,
  user: 'thingward_door',
  options: '-c search_path=thingward',
  max: connections,
});
const INSERT = `insert into plain_record (received_at, source_id, batch_id, chunk_id, record_no, digest, kind, claim, observed_at, time_mark, body)
  values ($1, $2, 1, 1, 1, $3, 'card-usage', $4, $5, 'stated', $6) on conflict do nothing`;

interface Usage {
  readonly iccid: string;
  readonly imei: string;
  readonly time: string;
  readonly up: number;
  readonly down: number;
  readonly plmn: string;
}

const body = {
  type: 'object',
  required: ['iccid', 'imei', 'time', 'up', 'down', 'plmn'],
  additionalProperties: false,
  properties: {
    iccid: { type: 'string', pattern: '^\\d{18,20}$' },
    imei: { type: 'string', pattern: '^\\d{15}$' },
    time: { type: 'string', format: 'date-time' },
    up: { type: 'integer', minimum: 0 },
    down: { type: 'integer', minimum: 0 },
    plmn: { type: 'string', pattern: '^\\d{5,6}$' },
  },
};
const response = {
  201: { type: 'object', properties: { outcome: { type: 'string' } } },
};

const app = Fastify({ logger: false });
app.post<{ Body: Usage; Params: { id: string } }>(
  path.replace(/sources\/\d+/, 'sources/:id'),
  {
    schema: { body, response },
    onRequest: async (request, reply) => {
      const given = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
      if (!timingSafeEqual(createHash('sha256').update(given).digest(), keyHash))
        return reply.code(401).send({ error: 'key' });
    },
  },
  async (request, reply) => {
    const isNew = await insert(Number(request.params.id), request.body);
    return reply.code(201).send({ outcome: isNew ? 'accepted' : 'duplicate' });
  },
);
await app.listen({ host: '127.0.0.1', port: 0 });
process.once('disconnect', () => void app.close().then(() => pool.end()));
process.send?.((app.server.address() as AddressInfo).port);

/** The party holds for the transaction alone, as it must where connections are pooled. */
async function insert(sourceId: number, usage: Usage): Promise<boolean> {
  const client = await pool.connect();
  try {
    await client.query(`begin; select set_config('thingward.party', '${partyId}', true)`);
    const { rowCount } = await client.query({
      name: 'insert',
      text: INSERT,
      values: valuesOf(sourceId, usage),
    });
    await client.query('commit');
    return rowCount === 1;
  } catch (cause) {
    await client.query('rollback').catch(() => {});
    throw cause;
  } finally {
    client.release();
  }
}

function valuesOf(sourceId: number, { iccid, imei, time, up, down, plmn }: Usage): unknown[] {
  const digest = hash('sha256', `${sourceId} ${iccid} ${imei} ${time} ${up} ${down} ${plmn}`, 'buffer');
  const stored = { imei, plmn, bytesUp: up, bytesDown: down, event: 'event', service: 'data' };
  return [new Date().toISOString(), sourceId, digest, `iccid:${iccid}`, time, JSON.stringify(stored)];
}

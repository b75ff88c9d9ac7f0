import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiClient } from '../api-client.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

/** What is exported and imported again changes nothing, as a table and as a workbook (C-29). */
const folder = dataFolder();
let server: ServerProcess;
let api: ApiClient;

interface Report {
  readonly rows: number;
  readonly registered: number;
  readonly unchanged: number;
  readonly refusedCount: number;
}

const TABLE = [
  'iccid,imsi,msisdn,eid,provider_sim,class,contract,pool,scenario,operator,owner,cap_mb,regions,imeis,tacs,sms,voice,burst_mb,service_peers,destinations,fence_latitude,fence_longitude,fence_radius_m,from,to',
  '8988303000000000010,001010000000001 901405100000000,1440000000001,,hologram-10001,industry,C-7,depot,meters,+CMCC,"=A, ""B""",0.5,262 26001,35752007426533,35752007,no,no,1.5,10086,example.com,-12.5,100.25,500,,',
  '898604B719227100001A,,,,,medical,C-7,,,,,,,,,,,,,,,,,2026-01-01,2026-06-01',
  '898604B719227100001A,460040000000017,,,,,C-8,,,,,,,,,,,,,,,,,2026-06-01,',
  '89852351123040005012,,1440000000002,89049032123451234512345678901235,,,,,,,,,,,,,,,,,,,,,',
  '89454284200010500045,,,,,,,,,,,,,,,,,,,,,,,,',
].join('\n');

beforeAll(async () => {
  server = await startServer(folder.path);
  api = new ApiClient(server.address);
  await api.signIn(server.first!.email, server.first!.password, 'a long enough pass phrase 4');
  expect(await api.importTable<Report>('cards', TABLE)).toMatchObject({ rows: 5, refusedCount: 0 });
}, 120_000);
afterAll(async () => {
  await server?.stop();
  folder.remove();
});

async function exported(query: string): Promise<Uint8Array<ArrayBuffer>> {
  const headers = { authorization: `Bearer ${api.token}` };
  const answer = await fetch(`${server.address}/api/v1/exports/cards${query}`, { headers });
  expect(answer.status).toBe(200);
  return new Uint8Array(await answer.arrayBuffer());
}

describe('the cards of a party', () => {
  test.each(['', '?format=xlsx'])(
    'CR-01 exported%s and imported again register nothing new: no identifier is a number',
    async query => {
      const bytes = await exported(query);
      const again = await api.importTable<Report>('cards', bytes);
      expect(again).toMatchObject({ registered: 0, refusedCount: 0 });
      expect(again.unchanged).toBe(again.rows);
      expect(again.rows).toBeGreaterThanOrEqual(5);
      // Nor does a second turn: what is exported then is the same to the byte.
      expect(Buffer.from(await exported(query)).equals(Buffer.from(bytes))).toBe(true);
    },
  );

  test('CR-01 are text to their last digit, no cell a formula, under the columns of the import', async () => {
    const text = Buffer.from(await exported('')).toString();
    for (const word of [
      '8988303000000000010',
      '898604B719227100001A',
      '001010000000001',
      "'+CMCC",
      `"'=A, ""B"""`,
    ])
      expect(text).toContain(word);
    const headers = { authorization: `Bearer ${api.token}` };
    expect((await fetch(`${server.address}/api/v1/exports/nothing`, { headers })).status).toBe(404);
    expect((await fetch(`${server.address}/api/v1/exports/cards?format=ods`, { headers })).status).toBe(400);
    expect((await fetch(`${server.address}/api/v1/exports/cards`)).status).toBe(401);
  });
});

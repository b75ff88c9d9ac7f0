import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiClient, until } from '../api-client.ts';
import { commandLine } from '../command-line.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

/**
 * CR-20 (cards.md §10): one figure wherever use is asked for, whatever the feed did. Two sources tell of one card:
 * sessions whose counter of 32 bits wraps, and records of their own of which one is sent twice, one comes late and one
 * has to be mended.
 */
const ICCID = '8988303000000000028';
const IMSI = '901430000000028';
const PASSWORD = 'a long enough pass phrase 4';
const HOUR_MS = 3_600_000;
/** All within one month as the rule reckons it, in Shanghai. */
const LAST = lastMoment(Date.now());
const at = (hoursBefore: number): string =>
  new Date(LAST - hoursBefore * HOUR_MS).toISOString().replace('.000Z', 'Z');
const SPAN = { from: at(6), to: new Date(LAST + 1_000).toISOString() };

const BEFORE_WRAP = 2 ** 32 - 100;
const SESSION = BEFORE_WRAP + 10 + 150;
const SHARES = 3_500_000 + 250_000 + 2_000_000;
const TOTAL = SESSION + SHARES;

const folder = dataFolder();
let server: ServerProcess;
let api: ApiClient;
let subject = 0;

type Items<T> = { readonly items: readonly T[] };
type Balance = Readonly<Record<'received' | 'accepted' | 'duplicate' | 'quarantined', number>>;
type Tally = { readonly figures: Readonly<Record<string, number>> };
interface Usage extends Tally {
  readonly own: Tally;
  readonly days: readonly Tally[];
  readonly series: readonly Tally[];
  readonly marks: Readonly<Record<string, number>>;
}
interface Finding {
  readonly id: string;
  readonly caseId: number | null;
  readonly standing: string;
  readonly evidence: { readonly state: Readonly<Record<string, number>> };
}
/** A record as any export tells it, in the order of its time. */
interface Told {
  readonly at: number;
  readonly series: string;
  readonly bytes: number;
}

function lastMoment(nowMs: number): number {
  const inShanghai = 8 * HOUR_MS;
  const monthOf = (ms: number): string => new Date(ms + inShanghai).toISOString().slice(0, 7);
  const isWhole = monthOf(nowMs - 7 * HOUR_MS) === monthOf(nowMs);
  const end = isWhole ? nowMs : Date.parse(`${monthOf(nowMs)}-01T00:00:00Z`) - inShanghai;
  return Math.floor((end - 60_000) / 1_000) * 1_000;
}

const share = (id: number, hoursBefore: number, mb: string): string =>
  JSON.stringify({
    ...{ id, traffic_type: { id: 5, description: 'Data' }, sim: { iccid: ICCID } },
    ...{ start_timestamp: at(hoursBefore), end_timestamp: at(hoursBefore) },
    volume: { total: mb, tx: mb, rx: '0' },
  });
const total = (hoursBefore: number, input: number, sessionTime: number): string =>
  [
    'Tue Sep 13 16:24:27 2011',
    '\tAcct-Status-Type = Interim-Update',
    '\tNAS-IP-Address = 10.10.0.1',
    '\tAcct-Session-Id = "0000A1"',
    `\t3GPP-IMSI = "${IMSI}"`,
    `\tAcct-Input-Octets = ${input}`,
    '\tAcct-Output-Octets = 10',
    `\tAcct-Session-Time = ${sessionTime}`,
    `\tEvent-Timestamp = "${at(hoursBefore)}"`,
    '',
    '',
  ].join('\n');

/** Worked out by hand: a share counts as it is, a total by what it grew by, also over the end of 32 bits. */
function foldedByHand(records: readonly Told[]): number {
  const totals = new Map<string, number>();
  let sum = 0;
  for (const { series, bytes } of [...records].sort((a, b) => a.at - b.at)) {
    const before = series === '' ? 0 : (totals.get(series) ?? 0);
    sum += bytes >= before ? bytes - before : bytes + 2 ** 32 - before;
    totals.set(series, bytes);
  }
  return sum;
}

async function usage(): Promise<Usage> {
  const path = `/subjects/${subject}/usage?${new URLSearchParams(SPAN)}`;
  return (await api.get<{ usage: readonly Usage[] }>(path)).usage[0]!;
}
const bytesOf = (tallies: readonly Tally[]): number =>
  tallies.reduce((sum, tally) => sum + (tally.figures['bytes'] ?? 0), 0);

beforeAll(async () => {
  server = await startServer(folder.path);
  api = new ApiClient(server.address);
  await api.signIn(server.first!.email, server.first!.password, PASSWORD);
  await api.importTable('cards', `iccid,imsi,class,cap_mb\n${ICCID},${IMSI},industry,4300\n`);
  const { items } = await api.get<Items<{ id: number }>>(`/subjects?kind=card&claim=iccid:${ICCID}`);
  subject = items[0]!.id;
}, 300_000);
afterAll(async () => {
  await server?.stop();
  folder.remove();
});

describe('CR-20 the use of one card over one span', () => {
  test('is fed with a wrap, with what is told twice, with a record to mend and with one that comes late', async () => {
    const sourceOf = async (name: string, format: string, profile: object): Promise<number> =>
      (await api.post<{ id: number }>('/sources', { name, format, profile })).id;
    const sessions = await sourceOf('sessions', 'freeradius-detail', { counter: 'per-series' });
    const shares = await sourceOf('shares', 'emnify-usage', { unit: 'MB' });
    const wrapped = total(4, BEFORE_WRAP, 60) + total(3, 50, 3_660) + total(3, 50, 3_660);
    const first = await api.feed<Balance>(sessions, 'a', wrapped);
    expect(first).toMatchObject({ received: 3, accepted: 2, duplicate: 1 });
    const wrong = share(3, 2, '0,25');
    const fed = await api.feed<Balance>(shares, 'a', [wrong, share(4, 0, '2')].join('\n'));
    expect(fed).toMatchObject({ received: 2, accepted: 1, quarantined: 1 });
    expect(await api.feed<Balance>(shares, 'again', share(4, 0, '2'))).toMatchObject({ duplicate: 1 });
    const { items } = await api.get<Items<{ id: number }>>(`/quarantine?source=${shares}&state=open`);
    await api.post(`/quarantine/${items[0]!.id}/replay`, { mended: share(3, 2, '0.25') });
    expect(await api.feed<Balance>(shares, 'late', share(1, 5, '3.5'))).toMatchObject({ accepted: 1 });
  });

  test('is one figure at the API, in all, by day and by series', async () => {
    const told = await usage();
    expect(told.figures['bytes']).toBe(TOTAL);
    expect(told.marks).toMatchObject({ wrap: 1 });
    expect(bytesOf(told.days)).toBe(TOTAL);
    expect(bytesOf([told.own, ...told.series])).toBe(TOTAL);
    expect([told.own.figures['bytes'], bytesOf(told.series)]).toEqual([SHARES, SESSION]);
  });

  test('is the same by command', async () => {
    const home = join(folder.path, 'desk');
    mkdirSync(home);
    const kept = join(home, 'kept');
    writeFileSync(kept, PASSWORD);
    const thingward = commandLine(home);
    const who = ['--email', server.first!.email, '--password-file', kept];
    await thingward.json('login', server.address, ...who);
    const said = await thingward.run('usage', ICCID, '--from', SPAN.from, '--to', SPAN.to);
    expect([said.code, said.out]).toEqual([0, expect.stringMatching(new RegExp(`\\b${TOTAL}\\b`))]);
  });

  test('is what the exported records come to', async () => {
    const query = new URLSearchParams({ subject: String(subject), ...SPAN });
    const csv = await api.get<string>(`/exports/records?${query}`);
    const [head = '', ...lines] = csv.trim().split(/\r?\n/);
    const column = (name: string): number => head.split(',').indexOf(name);
    const [time, series, bytes] = [column('observed_at'), column('series'), column('bytes')];
    const records = lines.map(line => {
      const cells = line.split(',');
      return { at: Date.parse(cells[time]!), series: cells[series]!, bytes: Number(cells[bytes]) };
    });
    expect(records).toHaveLength(5);
    expect(foldedByHand(records)).toBe(TOTAL);
  });

  test('is what the rule counted and what the evidence of its case comes to', async () => {
    const found = await until(
      'the cap was found exceeded by all of it',
      async () => {
        const { items } = await api.get<Items<Finding>>('/findings?rule=data-cap');
        return items.find(each => each.standing !== 'withdrawn' && each.caseId !== null);
      },
      60_000,
    );
    expect(found.evidence.state).toMatchObject({ used: TOTAL, assumed: 150 });
    const evidence = await api.get<{
      findings: readonly Pick<Finding, 'evidence'>[];
      observations: readonly { observedAtMs: number; series: string | null; body: { bytes?: number } }[];
    }>(`/cases/${found.caseId}/evidence`);
    expect(evidence.findings.at(-1)!.evidence.state).toMatchObject({ used: TOTAL });
    const records = evidence.observations.map(({ observedAtMs, series, body }) => ({
      ...{ at: observedAtMs, series: series ?? '', bytes: body.bytes ?? 0 },
    }));
    expect(foldedByHand(records)).toBe(TOTAL);
    expect((await usage()).figures['bytes']).toBe(TOTAL);
  });
});

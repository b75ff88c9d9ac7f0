import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiClient, until } from '../api-client.ts';
import { type ProviderProcess, startProvider } from '../measures/provider-process.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

/** Reports from the field (cards.md §10) that only a whole server can answer for. */
const ICCID = '8988303000000000010';
const DAY_MS = 86_400_000;
const NOW = Date.now() - DAY_MS;
const iso = (ms: number): string => new Date(ms).toISOString();

const folder = dataFolder();
let server: ServerProcess;
let api: ApiClient;
let provider: ProviderProcess;

interface Usage {
  readonly records: number;
  readonly figures: Readonly<Record<string, number>>;
  readonly own: { readonly figures: Readonly<Record<string, number>> };
  readonly days: readonly { readonly figures: Readonly<Record<string, number>> }[];
  readonly latest: { readonly at: string | null; readonly fields: Readonly<Record<string, string>> };
}
interface Beside {
  readonly subject: { readonly reference: string };
  readonly latest: Usage['latest'];
  readonly measures: readonly { readonly id: number; readonly kind: string; readonly state: string }[];
}
type Items<T> = { readonly items: readonly T[] };
type Balance = Readonly<Record<'received' | 'accepted' | 'duplicate' | 'quarantined', number>>;

beforeAll(async () => {
  server = await startServer(folder.path);
  provider = await startProvider();
  api = new ApiClient(server.address);
  await api.signIn(server.first!.email, server.first!.password, 'a long enough pass phrase 4');
}, 300_000);
afterAll(async () => {
  await server?.stop();
  await provider?.stop();
  folder.remove();
});

async function sourceOf(name: string, format: string, profile: object): Promise<number> {
  return (await api.post<{ id: number }>('/sources', { name, format, profile })).id;
}

async function subjectId(): Promise<number> {
  const { items } = await api.get<Items<{ id: number }>>(`/subjects?kind=card&claim=iccid:${ICCID}`);
  return items[0]!.id;
}

async function usage(query = ''): Promise<Usage> {
  const answer = await api.get<{ usage: readonly Usage[] }>(`/subjects/${await subjectId()}/usage${query}`);
  return (
    answer.usage[0] ?? {
      records: 0,
      figures: {},
      own: { figures: {} },
      days: [],
      latest: { at: null, fields: {} },
    }
  );
}

const record = (id: number, atMs: number, mb: string): string =>
  JSON.stringify({
    id,
    traffic_type: { id: 5, description: 'Data' },
    start_timestamp: iso(atMs),
    end_timestamp: iso(atMs + 60_000),
    sim: { iccid: ICCID },
    volume: { total: mb, tx: mb, rx: '0' },
  });

/** The card beside its device, as the page of the device shows it. */
async function beside(): Promise<Beside> {
  const { items } = await api.get<Items<{ id: number }>>('/subjects?kind=device');
  const page = await api.get<{ linked: readonly (Beside & { link: string })[] }>(
    `/subjects/${items[0]!.id}/standing`,
  );
  const carried = page.linked.filter(each => each.link === 'carries');
  expect(carried).toHaveLength(1);
  return carried[0]!;
}

describe('reports from the field', () => {
  test('CR-28 a card of which no feed tells anything is no card without use: the source says that it was never heard', async () => {
    await api.importTable(
      'cards',
      `iccid,class,contract,from,to\n${ICCID},industry,old,2020-01-01,${iso(NOW - 10 * DAY_MS)}\n`,
    );
    await api.importTable(
      'cards',
      `iccid,class,contract,from\n${ICCID},industry,new,${iso(NOW - 10 * DAY_MS)}\n`,
    );
    await sourceOf('stream', 'emnify-usage', { unit: 'MB' });
    const health = async () =>
      (await api.get<{ sources: readonly { name: string; health: string }[] }>('/status')).sources.map(
        each => `${each.name} ${each.health}`,
      );
    expect(await health()).toContain('stream never-heard');
    expect((await usage()).figures).toEqual({});
  });

  test('CR-21 the use of a past package can be had, and the packages come to the whole', async () => {
    const { items } = await api.get<Items<{ id: number; name: string }>>('/sources');
    const id = items.find(each => each.name === 'stream')!.id;
    const lines = [
      record(1, NOW - 20 * DAY_MS, '3.5'),
      record(2, NOW - 2 * DAY_MS, '1.25'),
      record(3, NOW, '0.25'),
    ];
    const fed = await api.feed<Balance>(id, 'stream.ndjson', `${lines.join('\n')}\nnot json\n`);
    expect(fed).toMatchObject({ received: 4, accepted: 3, duplicate: 0, quarantined: 1 });
    const page = await api.get<{
      links: readonly {
        kind: string;
        from: string | null;
        to: string | null;
        subject: { reference: string };
      }[];
    }>(`/subjects/${await subjectId()}`);
    const spans = page.links.filter(link => link.kind === 'under');
    const of = async (contract: string) => {
      const span = spans.find(link => link.subject.reference === contract);
      const { from, to } = span!;
      const query = new URLSearchParams({
        ...(from === null ? {} : { from }),
        ...(to === null ? {} : { to }),
      });
      return (await usage(`?${query}`)).figures['bytes'];
    };
    expect([await of('old'), await of('new')]).toEqual([3_500_000, 1_500_000]);
    const all = await usage();
    expect(all.figures['bytes']).toBe(5_000_000);
    expect(all.own.figures['bytes']).toBe(5_000_000);
    expect(all.days.reduce((sum, day) => sum + (day.figures['bytes'] ?? 0), 0)).toBe(5_000_000);
  });

  test('CR-24 records fed again beside those that came by push bring only what is missing', async () => {
    const { items } = await api.get<Items<{ id: number; name: string }>>('/sources');
    const id = items.find(each => each.name === 'stream')!.id;
    const pushed = await api.feed<Balance>(id, 'push.ndjson', record(10, NOW + 1_000, '0.1'));
    expect(pushed.accepted).toBe(1);
    const polled = [9, 10, 11].map(no => record(no, NOW + (no - 9) * 1_000, '0.1'));
    const filled = await api.feed<Balance>(id, 'poll.ndjson', polled.join('\n'));
    expect(filled).toMatchObject({ received: 3, accepted: 2, duplicate: 1 });
  });

  test('CR-22 the page of a card shows how its provider says that it stands, with the code and the reason, beside its use', async () => {
    const id = await sourceOf('states', 'huawei-gsl', { unit: 'MB', counter: 'per-cycle' });
    const answer = (code: number, atMs: number): string =>
      JSON.stringify({
        asked: {},
        at: iso(atMs),
        answer: { sim_cards: [{ iccid: ICCID, operator_status: code }] },
      });
    await api.feed(id, 'states.ndjson', [answer(7, NOW + 3_000), answer(-1, NOW - 5 * DAY_MS)].join('\n'));
    const { latest } = await usage();
    expect(latest).toEqual({
      at: iso(NOW + 3_000),
      fields: { cardState: 'stopped', providerState: '7', stopReason: 'separation' },
    });
    // A later state has no reason left over from an earlier one.
    await api.feed(id, 'later.ndjson', answer(-1, NOW + 60_000));
    expect((await usage()).latest.fields).toEqual({ cardState: 'active', providerState: '-1' });
    const then = await usage(`?to=${encodeURIComponent(iso(NOW + 4_000))}`);
    expect(then.latest.fields['cardState']).toBe('stopped');
  });

  test('CR-22 the page of a device shows the state of the card it carries beside it, and no card it carried before', async () => {
    const other = '8988303000000000093';
    const then = iso(NOW - 5 * DAY_MS);
    await api.importTable('cards', `iccid,class\n${other},industry\n`);
    const table = (iccid: string, from: string) =>
      api.importTable('devices', `serial,product,iccid,from\nA0001,meter-3,${iccid},${from}\n`);
    await table(other, iso(NOW - 9 * DAY_MS));
    expect((await beside()).subject.reference).toBe(other);
    await table(ICCID, then);
    expect(await beside()).toMatchObject({
      subject: { reference: ICCID },
      latest: { at: iso(NOW + 60_000), fields: { cardState: 'active', providerState: '-1' } },
      measures: [],
    });
  });

  test('CR-22 a person deactivates a card that no rule found, and its measure stands beside its state until it is effective', async () => {
    const settings = { url: provider.url, dueMs: 3_600_000, quietMs: 1_000 };
    const at = { name: 'carrier', adapter: 'simulated-provider', settings };
    const carrier = (await api.post<{ id: number }>('/providers', at)).id;
    const stateThere = () => api.get<{ restricted: boolean }>(`/providers/${carrier}/state?card=${ICCID}`);
    expect(await stateThere()).toMatchObject({ restricted: false });
    const subject = await subjectId();
    expect((await api.get<Items<object>>(`/measures?subject=${subject}`)).items).toEqual([]);
    expect(await beside()).toMatchObject({ latest: { fields: { cardState: 'active' } }, measures: [] });
    const why = 'the owner asked for it';
    await api.post('/measure-batches', { kind: 'suspend-card', of: { cards: [ICCID] }, why });
    const measure = await until('the card is stopped at its provider', async () => {
      const path = `/measures?subject=${subject}`;
      const { items } = await api.get<Items<{ id: number; kind: string; state: string }>>(path);
      return items.find(each => ['effective', 'verified'].includes(each.state)) ?? null;
    });
    expect(measure.kind).toBe('suspend-card');
    expect(await stateThere()).toMatchObject({ restricted: true });
    expect((await beside()).measures).toMatchObject([{ id: measure.id, kind: 'suspend-card' }]);
    expect(await provider.stateOf(ICCID)).toBe('suspended');
    expect((await api.get<Items<object>>('/measures?subject=999999')).items).toEqual([]);
  });
});

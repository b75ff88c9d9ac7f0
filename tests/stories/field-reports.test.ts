import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiClient, until } from '../api-client.ts';
import { commandLine } from '../command-line.ts';
import { type ProviderProcess, startProvider } from '../measures/provider-process.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

/** Reports from the field (cards.md §10) that only a whole server can answer for. */
const ICCID = '8988303000000000010';
const DAY_MS = 86_400_000;
const NOW = Date.now() - DAY_MS;
const iso = (ms: number): string => new Date(ms).toISOString();

const PASSWORD = 'a long enough pass phrase 4';

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
  await api.signIn(server.first!.email, server.first!.password, PASSWORD);
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

  describe('of a vendor whose documents disagree', () => {
    interface Volumes {
      readonly direction: string;
      readonly times: number;
      readonly before: number;
      readonly after: number;
      readonly batchId: number;
    }
    type Sources = { readonly sources: readonly { name: string; volumes: Volumes | null }[] };
    const volumes = async () =>
      (await api.get<Sources>('/status')).sources.find(each => each.name === 'connectedyou')?.volumes ?? null;
    /** Sixty sessions of ten cards, of a tenth of the size to ten times of it. */
    const sessions = (no: number, size: number): string =>
      Array.from({ length: 60 }, (_, i) =>
        JSON.stringify({
          iccid: `898830300000000010${i % 10}`,
          session_start_time: iso(NOW - no * 3_600_000 - i * 1_000),
          session_end_time: iso(NOW - no * 3_600_000 - i * 1_000 + 500),
          data: Math.round(size * 10 ** ((i % 21) / 10 - 1)),
        }),
      ).join('\n');

    test('CR-27 volumes that leap by a thousand are taken whole and asked about, at the door, on the command line and by the metric, also after a restart', async () => {
      const id = await sourceOf('connectedyou', 'connectedyou', { unit: 'kB' });
      const feeds = await Promise.all([2, 3].map(no => api.feed<Balance>(id, `${no}`, sessions(no, 4_000))));
      expect(feeds.map(each => each.accepted)).toEqual([60, 60]);
      const leapt = await api.feed<Balance & { id: number }>(id, 'bytes', sessions(1, 4_000_000));
      expect(leapt).toMatchObject({ accepted: 60, quarantined: 0 });
      const asked = await until('the leap is asked about', volumes, 60_000);
      expect(asked).toMatchObject({ direction: 'up', times: 1_000, batchId: leapt.id });
      expect(asked.after / asked.before).toBeCloseTo(1_000, -2);
      await server.kill();
      server = await startServer(folder.path);
      api = new ApiClient(server.address);
      await api.signIn('administrator@thingward.invalid', PASSWORD);
      expect(await volumes()).toEqual(asked);
      const metrics = await (await fetch(`${server.address}/metrics`)).text();
      expect(metrics).toMatch(/^thingward_source_volume_jumps 1$/m);
      const cli = commandLine(folder.path, {
        THINGWARD_URL: server.address,
        THINGWARD_TOKEN: api.token as string,
      });
      expect((await cli.run('status')).out).toMatch(
        /connectedyou .*1000 × larger since .* is the unit still right\?/,
      );
      expect((await cli.run('sources', 'list', '--lang', 'zh')).out).toMatch(
        /增大约 1000 倍：单位是否仍然正确？/,
      );
    }, 180_000);

    test('CR-27 somebody says that the unit is right, on record, and from then on the new size is the usual one', async () => {
      const cli = commandLine(folder.path, {
        THINGWARD_URL: server.address,
        THINGWARD_TOKEN: api.token as string,
      });
      const said = await cli.run('sources', 'confirm-volumes', 'connectedyou');
      expect([said.code, said.err]).toEqual([0, '']);
      expect(await volumes()).toBeNull();
      const again = await cli.run('sources', 'confirm-volumes', 'connectedyou');
      expect([again.code, again.err]).toEqual([1, expect.stringContaining('in no question')]);
    }, 180_000);
  });

  describe('of a batch of modules', () => {
    const HOUR_MS = 3_600_000;
    const TAC = '35209900';
    const SHARED = `${TAC}176148`;
    const HIDDEN = `${TAC}176149`;
    const iccid = (no: number): string => `89883030000000020${no}`.padEnd(19, '0');
    /** A session of an hour that ended at the hour. */
    const session = (no: number, imei: string, cell: string, hour: number): string =>
      `${iccid(no)},${imei},${cell},46000,${iso(NOW - 20 * HOUR_MS + hour * HOUR_MS + no * 60_000)},stop,3600,1000`;
    const HEADER = 'iccid,imei,cell,plmn,time,event,seconds,bytes\n';
    const mapping = {
      columns: {
        ...{ iccid: 'iccid', imei: 'imei', cell: 'cell', plmn: 'plmn', time: 'time', event: 'event' },
        ...{ durationSeconds: 'seconds', bytesTotal: 'bytes' },
      },
    };
    interface Finding {
      readonly id: string;
      readonly subject: { readonly kind: string; readonly reference: string };
      readonly standing: string;
      readonly caseId: number | null;
      readonly evidence: { readonly observation: Readonly<Record<string, string>> };
    }
    const findings = async (rule: string): Promise<readonly Finding[]> =>
      (await api.get<Items<Finding>>(`/findings?rule=${rule}`)).items;
    const judged = () =>
      until('everything fed is judged', async () => {
        const { judge } = await api.get<{ judge: { waitingRecords: number } }>('/status');
        return judge.waitingRecords === 0;
      });
    /** Three boards that are always on, each in its own place; and three cards in one device, at once in one place. */
    const boards = [1, 2, 3].flatMap(no =>
      [1, 2, 3, 4].map(hour => session(no, SHARED, `cgi-${no}-${hour % 2}`, hour)),
    );
    const box = [4, 5, 6].flatMap(no => [1, 2].map(hour => session(no, HIDDEN, 'cgi-9-1', hour)));

    test('CR-10 three of a dozen boards that bear one IMEI are no misuse of their holder: the finding is against the maker, with IMEI, cards and times, and stands after a restart', async () => {
      await api.importTable('makers', `maker,title,tacs\nInvented Works,Invented Works Ltd.,${TAC}\n`);
      const cards = [1, 2, 3, 4, 5, 6].map(no => `${iccid(no)},industry`);
      await api.importTable('cards', `iccid,class\n${cards.join('\n')}\n`);
      const id = await sourceOf('boards', 'generic-csv', { mapping });
      // Out of order and some of it twice: what is found is the same.
      const [first, second] = [boards.slice(5), boards];
      await api.feed(id, 'later.csv', `${HEADER}${first.join('\n')}\n`);
      const whole = await api.feed<Balance>(id, 'all.csv', `${HEADER}${[...second, ...box].join('\n')}\n`);
      expect(whole).toMatchObject({ accepted: 11, duplicate: 7, quarantined: 0 });
      await judged();
      await server.kill();
      server = await startServer(folder.path);
      api = new ApiClient(server.address);
      await api.signIn('administrator@thingward.invalid', PASSWORD);
      const [found] = await until('the maker is found', async () => {
        const all = await findings('duplicate-factory-imei');
        return all.length > 0 ? all : null;
      });
      expect(found).toMatchObject({
        subject: { kind: 'device-maker', reference: 'Invented Works' },
        standing: 'found',
        caseId: expect.any(Number),
      });
      expect(found?.evidence.observation).toMatchObject({
        ...{ imei: SHARED, tac: TAC, maker: 'Invented Works', places: '6' },
        cards: [1, 2, 3].map(iccid).join(' '),
      });
      const { from = '', to = '' } = found?.evidence.observation ?? {};
      expect(Date.parse(to) - Date.parse(from)).toBe(3 * HOUR_MS + 2 * 60_000);
      expect(await findings('duplicate-factory-imei')).toHaveLength(1);
    }, 180_000);

    test('CR-10 the cards of those boards are kept out of it, and a device that really works with many cards is not', async () => {
      const onCards = await findings('one-imei-many-cards');
      const standing = onCards.filter(({ standing }) => standing !== 'withdrawn');
      expect(
        standing.map(({ subject }) => subject.reference).every(name => !boards.join().includes(name)),
      ).toBe(true);
      expect(standing.length).toBeGreaterThan(0);
      // A record that overlaps with nothing, and is a turn from one card to another, is held back as well.
      const { items } = await api.get<Items<{ id: number; name: string }>>('/sources');
      const lone = [1, 2, 3, 1, 2, 3, 1].map((no, i) =>
        session(no, SHARED, `cgi-${no}-1`, 6 + i).replace(',3600,', ',60,'),
      );
      const source = items.find(({ name }) => name === 'boards')!.id;
      await api.feed(source, 'lone.csv', `${HEADER}${lone.join('\n')}\n`);
      await judged();
      const after = (await findings('one-imei-many-cards')).filter(
        ({ standing }) => standing !== 'withdrawn',
      );
      expect(after).toHaveLength(standing.length);
    }, 180_000);
  });
});

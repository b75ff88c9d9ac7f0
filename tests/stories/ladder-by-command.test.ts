import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeFleet, tablesOf, USAGE_MAPPING } from '@thingward/simulator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiClient, until } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { type ProviderProcess, startProvider } from '../measures/provider-process.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

/** C-40 and C-42 as their users live them: the real server, its catalogue, the command line, a platform that is told to refuse. */
const fleet = makeFleet({ seed: 3, cards: 120, days: 4, endMs: Date.UTC(2026, 10, 20) });
const tables = tablesOf(fleet);
const RULE = 'card-in-another-device';

interface Items<T> {
  readonly items: readonly T[];
}
interface Found {
  readonly caseId: number | null;
  readonly subject: { readonly id: number; readonly reference: string };
}
interface Ladder {
  readonly ladder: string;
  readonly steps: readonly {
    readonly deed: string;
    readonly happened: string;
    readonly reason: string;
    readonly measureId: number | null;
  }[];
}

let folder: ReturnType<typeof dataFolder>;
let server: ServerProcess;
let platform: ProviderProcess;
let client: ApiClient;
let lead: CommandLine;
let found: Found[];

beforeAll(async () => {
  folder = dataFolder();
  platform = await startProvider();
  server = await startServer(folder.path);
  const { email, password } = server.first!;
  client = new ApiClient(server.address);
  await client.signIn(email, password, 'a long enough pass phrase 4');
  const home = join(folder.path, 'desk');
  mkdirSync(home);
  lead = commandLine(home, { THINGWARD_URL: server.address, THINGWARD_TOKEN: client.token as string });
  await lead.json(
    ...[
      'providers',
      'add',
      'roaming',
      '--url',
      platform.url,
      '--adapter',
      'simulated-provider',
      '--quiet',
      '3600',
    ],
  );
  await client.importTable('contracts', tables.contracts);
  await client.importTable('cards', tables.cards);
  await client.importTable('bindings', tables.bindings);
  const profile = { mapping: USAGE_MAPPING, recordId: 'id' };
  const source = await client.post<{ id: number }>('/sources', {
    name: 'usage',
    format: 'generic-csv',
    profile,
  });
  await client.feed(source.id, 'usage.csv', tables.usage);
  found = await until('three findings with cases on the ladder of misuse', async () => {
    const { items } = await client.get<Items<Found>>(`/findings?rule=${RULE}`);
    const onMisuse: Found[] = [];
    for (const each of items) {
      if (each.caseId === null || onMisuse.some(one => one.caseId === each.caseId)) continue;
      if ((await ladderOf(each.caseId)).ladder === 'misuse') onMisuse.push(each);
    }
    return onMisuse.length >= 3 && onMisuse;
  });
}, 180_000);
afterAll(async () => {
  await server?.stop();
  await platform?.stop();
  if (folder !== undefined) rmSync(join(folder.path, 'desk'), { recursive: true, force: true });
  folder?.remove();
});

const ladderOf = (caseId: number) => client.get<Ladder>(`/cases/${caseId}/ladder`);
const steps = async (caseId: number) =>
  (await ladderOf(caseId)).steps.map(step => `${step.deed} ${step.happened} ${step.reason}`);
const caseOf = (i: number) => String(found[i]!.caseId);
const moved = (caseId: string, wanted: string) =>
  until(`case ${caseId} to be ${wanted}`, async () => (await steps(Number(caseId))).at(-1) === wanted);

test('the ladders in force are listed by command and route, in both languages', async () => {
  const { items } =
    await client.get<Items<{ id: string; rungs: readonly { deed: string }[] }>>('/measure-ladders');
  expect(items.map(each => each.id)).toEqual(['fraud', 'too-much', 'messages', 'vehicles', 'misuse']);
  // A data limit holds no message back: too many messages have a first rung of their own.
  expect(items[2]!.rungs[0]!.deed).toBe('function-off');
  expect(items[4]!.rungs.map(rung => rung.deed)).toEqual([
    'suspend-card',
    'verify-again',
    'terminate-card',
    'report-to-police',
  ]);
  const listed = await lead.run('measures', 'ladder', 'list');
  expect(listed.out).toContain('Report to the police and the regulator (done with: the report was sent)');
  const chinese = await lead.run('measures', 'ladder', 'list', '--lang', 'zh');
  expect(chinese.out).toContain('(完成依据：报告已报送)');
});

test('a rung is ordered by command, reaches the platform, and the next one is a task that nobody says is done', async () => {
  const id = caseOf(0);
  expect((await lead.run('measures', 'ladder', 'show', id)).out).toMatch(/proposed\s+a finding/);
  const early = await lead.run('measures', 'ladder', 'done', id);
  expect([early.code, early.err]).toEqual([1, expect.stringContaining('ladder-rung-not-proposed')]);
  const ordered = await lead.run('measures', 'ladder', 'order', id);
  expect([ordered.code, ordered.out]).toEqual([0, expect.stringMatching(/ordered\s+ordered by hand/)]);
  await until('the platform to stop the card', async () => {
    return (await platform.stateOf(found[0]!.subject.reference)) === 'suspended';
  });
  const climbed = await lead.run('measures', 'ladder', 'climb', id, '--reason', 'it may be a thief');
  expect(climbed.out).toMatch(/proposed\s+it may be a thief/);
  const said = await lead.run('measures', 'ladder', 'done', id);
  expect([said.code, said.err]).toEqual([1, expect.stringContaining('ladder-task-is-shown')]);
  const clocks = await client.get<{ clocks: readonly { id?: string; clockId?: string; clock?: string }[] }>(
    `/cases/${id}`,
  );
  expect(JSON.stringify(clocks)).toContain('card-task-verify');
  await lead.json('cases', 'note', id, 'shown in the shop', '--event', 're-verified');
  expect((await lead.run('measures', 'ladder', 'show', id)).out).toMatch(/done\s+verified again/);
});

test('what the platform refuses for good has failed, the case says so, and the next rung is proposed', async () => {
  const id = caseOf(1);
  await platform.behave({ refuseCards: [found[1]!.subject.reference] });
  await lead.json('measures', 'ladder', 'order', id);
  await moved(id, 'verify-again proposed refused');
  expect((await steps(Number(id))).slice(-2)).toEqual([
    'suspend-card failed refused',
    'verify-again proposed refused',
  ]);
  const shown = await lead.run('measures', 'ladder', 'show', id);
  expect(shown.out).toMatch(/failed\s+the provider refused/);
  expect((await lead.run('measures', 'ladder', 'show', id, '--lang', 'zh')).out).toMatch(
    /未成功\s+运营方拒绝/,
  );
  expect((await lead.run('cases', 'show', id)).out).toContain('Rung of the ladder failed');
});

test('a storm pauses the provider, a reason is asked for to resume it, and others cannot', async () => {
  const { reference } = found[0]!.subject;
  expect(await platform.attempt(reference, Date.now(), 5_001)).toBe('refused');
  // A record of the card makes its measure due at once.
  const paused = await until(
    'the provider to pause',
    async () => {
      const { items } = await lead.json<Items<{ pausedUntil: string | null }>>('providers');
      return items[0]?.pausedUntil;
    },
    60_000,
  );
  expect(Date.parse(paused)).toBeGreaterThan(Date.now());
  expect((await lead.run('cases', 'show', caseOf(0))).out).toContain('Storm of attempts');
  expect((await lead.run('status')).out).toMatch(
    /Storm watch\s+1 blocks watched, 5001 attempts .* 1 providers pause/,
  );
  expect((await lead.run('status', '--lang', 'zh')).out).toContain('信令风暴监视');
  const metrics = await (await fetch(`${server.address}/metrics`)).text();
  expect(metrics).toContain('thingward_storm{what="mostAtOne"} 5001');
  expect(metrics).toContain('thingward_storm{what="paused"} 1');
  expect((await lead.run('providers', 'resume', '1')).code).toBe(2);
  const other = await lead.run('providers', 'resume', '77', '--reason', 'calm');
  expect([other.code, other.err]).toEqual([1, expect.stringContaining('provider-unknown')]);
  const resumed = await lead.run('providers', 'resume', '1', '--reason', 'the network is calm');
  expect([resumed.code, resumed.out]).toEqual([0, expect.stringContaining('roaming')]);
  const { items } = await lead.json<Items<{ pausedUntil: string | null }>>('providers');
  expect(items[0]?.pausedUntil).toBeNull();
  expect(await (await fetch(`${server.address}/metrics`)).text()).toContain(
    'thingward_storm{what="paused"} 0',
  );
});

test('with leave to climb, a finding orders the first rung by itself, and a refusal the next measure is asked for', async () => {
  const id = caseOf(2);
  await lead.json('policies', 'set', RULE, 'terminate-card', 'climb');
  await platform.behave({ refuseCards: [found[2]!.subject.reference] });
  await lead.json('measures', 'ladder', 'order', id);
  await moved(id, 'verify-again proposed refused');
  await lead.json('cases', 'note', id, 'nobody came', '--event', 're-verified');
  await lead.json('measures', 'ladder', 'climb', id, '--reason', 'it is another person');
  // The simulated platform ends no card: it says no to that for good, too.
  await moved(id, 'report-to-police proposed refused');
  expect((await steps(Number(id))).slice(-3)).toEqual([
    expect.stringMatching(/^terminate-card ordered/),
    'terminate-card failed refused',
    'report-to-police proposed refused',
  ]);
});

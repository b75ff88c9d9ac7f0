/**
 * RADIUS accounting against a server nobody here wrote: radclient sends a seeded fleet's packets to Debian's
 * FreeRADIUS, which accounts them in SQL and writes its `detail` file; that very file is fed to Thingward by the
 * command line, and what `usage` says of each session and each card must equal the SQL accounting.
 *
 * Two kinds of session must differ, and are compared with what was sent instead, while it is checked that
 * FreeRADIUS says what its queries say: (1) a Stop without octets sets its totals to zero, where ours keep what
 * was last stated (C-21, CR-13); (2) a record that overtakes the Stop overwrites its totals, where ours are in
 * the order of the events (C-18). Totals per card are compared over all sessions but these, and then over these.
 *
 * Judging is held to the same totals: one card in two has a monthly cap of one byte less than what SQL accounting
 * says that it used, the others of exactly that; the rule `data-cap` must find the former and nobody else.
 *
 * One line for each check; the exit code is 1 when one fails.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ApiClient, until } from '../api-client.ts';
import { dataFolder, startServer } from '../server-process.ts';
import { type Accounted, type FreeRadius, missingFreeRadius, startFreeRadius } from './freeradius/server.ts';
import { type Card, type Habit, makeTraffic, type Session, type Traffic } from './freeradius/traffic.ts';

const run = promisify(execFile);
const COMMAND = fileURLToPath(new URL('../../packages/cli/src/thingward.mjs', import.meta.url));
const CARDS = 15;
const SESSIONS_PER_CARD = 6;
const PASSWORD = 'correct horse battery';
/** Sessions in which last-come-last-kept and what the records state are two things. */
const OTHERWISE: ReadonlySet<Habit> = new Set(['stop-without-octets', 'stop-overtaken']);

let hasFailed = false;
function tell(name: string, fault: string | null): void {
  console.log(fault === null ? `ok ${name}` : `FAIL ${name} ${fault}`);
  hasFailed ||= fault !== null;
}

interface Usage {
  readonly records: number;
  readonly figures: Readonly<Record<string, number>>;
  readonly marks: Readonly<Record<string, number>>;
  readonly days: readonly { readonly figures: Readonly<Record<string, number>> }[];
  readonly series: readonly { readonly series: string; readonly figures: Readonly<Record<string, number>> }[];
}
type Answer = { readonly subject: { readonly id: number }; readonly usage: readonly Usage[] };
type Balance = Readonly<Record<'received' | 'accepted' | 'duplicate' | 'quarantined', number>>;

type Cli = <T>(...words: string[]) => Promise<T>;

/** Thingward's command line, as a person who is signed in uses it. */
function commandLine(url: string, token: string, home: string): Cli {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, THINGWARD_URL: url, THINGWARD_TOKEN: token };
  return async <T>(...words: string[]) => {
    const argv = [COMMAND, ...words, '--json'];
    const { stdout } = await run(process.execPath, argv, { env, maxBuffer: 1 << 26 });
    return JSON.parse(stdout) as T;
  };
}

async function main(): Promise<void> {
  const missing = await missingFreeRadius();
  if (missing !== null) return console.log(`skipped freeradius ${missing}`);
  const traffic = makeTraffic(CARDS, SESSIONS_PER_CARD, inOneMonth(Date.now()));
  const radius = await startFreeRadius();
  try {
    const answered = await radius.send(traffic.packets);
    const sent = traffic.packets.length;
    tell(
      `FreeRADIUS ${radius.version} acknowledges ${sent} packets of ${traffic.sessions.length} sessions`,
      answered === sent ? null : `${answered} acknowledged`,
    );
    await feedAndCompare(radius, traffic);
  } finally {
    await radius.stop();
  }
}

/** The fleet's first sessions begin five days before, and all lie within a day: a moment for which that is one billing month. */
function inOneMonth(nowMs: number): number {
  const monthAt = (ms: number) => new Date(ms + 8 * 3_600_000).getUTCMonth();
  const beginMs = nowMs - 5 * 86_400_000;
  return monthAt(beginMs) === monthAt(beginMs + 86_400_000) ? nowMs : nowMs - 2 * 86_400_000;
}

async function feedAndCompare(radius: FreeRadius, traffic: Traffic): Promise<void> {
  const folder = dataFolder();
  const home = await mkdtemp(join(tmpdir(), 'tw-cli-'));
  const server = await startServer(folder.path);
  try {
    const api = new ApiClient(server.address);
    await api.signIn(server.first!.email, server.first!.password, PASSWORD);
    const cli = commandLine(server.address, api.token!, home);
    await cli('sources', 'add', 'radius', '--format', 'freeradius-detail', '--counter', 'per-series');
    const caps = traffic.cards.map((card, i) => {
      const total = totalOf(card, radius.accounted(), traffic.sessions);
      return { card, isOver: i % 2 === 0, capBytes: i % 2 === 0 ? total - 1n : total };
    });
    await importCards(cli, home, caps);
    await feed(cli, radius.detailFile, traffic);
    const answers = new Map<string, Answer>();
    for (const card of traffic.cards)
      answers.set(card.imsi, await cli<Answer>('usage', card.iccid, '--series'));
    compareSessions(radius.accounted(), traffic.sessions, answers);
    compareCards(radius.accounted(), traffic, answers);
    await compareDoors(api, traffic.cards[0]!, answers);
    await compareJudged(api, caps);
  } finally {
    await server.stop();
    folder.remove();
    await rm(home, { recursive: true, force: true });
  }
}

interface Cap {
  readonly card: Card;
  readonly capBytes: bigint;
  readonly isOver: boolean;
}

async function importCards(cli: Cli, home: string, cards: readonly Cap[]): Promise<void> {
  const path = join(home, 'cards.csv');
  const rows = cards.map(({ card, capBytes }) => `${card.iccid},${card.imsi},${card.msisdn},${capBytes}`);
  await writeFile(path, `iccid,imsi,msisdn,cap_bytes\n${rows.join('\n')}\n`);
  const report = await cli<{ rows: number; registered: number }>('import', 'cards', path);
  tell(
    `${cards.length} cards are registered`,
    report.registered === cards.length ? null : JSON.stringify(report),
  );
}

async function feed(cli: Cli, detailFile: string, { packets, repeated }: Traffic): Promise<void> {
  // A repeated packet that happens to bear the number of the one before it FreeRADIUS answers without writing it.
  const written = (await readFile(detailFile, 'utf8')).match(/^\S/gm)?.length ?? 0;
  const { received, accepted, duplicate, quarantined } = await cli<Balance>('feed', 'radius', detailFile);
  const isRight =
    received === written &&
    accepted === packets.length - repeated &&
    duplicate === written - accepted &&
    quarantined === 0;
  const said = `received ${received} = accepted ${accepted} + duplicate ${duplicate} + quarantined ${quarantined}`;
  tell(
    `the detail file balances: ${said}`,
    isRight ? null : `${written} were written, ${repeated} were repeated`,
  );
  const again = await cli<Balance>('feed', 'radius', detailFile);
  tell(
    'the same file fed again changes nothing',
    again.accepted === 0 && again.duplicate === received ? null : JSON.stringify(again),
  );
}

function compareSessions(
  accounted: readonly Accounted[],
  sessions: readonly Session[],
  answers: ReadonlyMap<string, Answer>,
): void {
  const faults = { alike: [] as string[], otherwise: [] as string[], theirs: [] as string[] };
  const counts = { alike: 0, otherwise: 0, beyond32Bits: 0 };
  tell(
    `SQL accounting holds ${sessions.length} sessions`,
    accounted.length === sessions.length ? null : `${accounted.length}`,
  );
  for (const session of sessions) {
    const theirs = accounted.find(row => row.sessionId === session.id);
    if (theirs === undefined) continue;
    const ours = answers
      .get(session.card.imsi)
      ?.usage[0]?.series.find(each => each.series.endsWith(`/${theirs.uniqueId}`))?.figures;
    const figures = `${session.id}: ours ${ours?.['bytesUp']}/${ours?.['bytesDown']}, theirs ${theirs.input}/${theirs.output}, sent ${session.up}/${session.down}`;
    const isSent = figure(ours, 'bytesUp') === session.up && figure(ours, 'bytesDown') === session.down;
    if (theirs.input !== session.lastUp || theirs.output !== session.lastDown) faults.theirs.push(figures);
    if (OTHERWISE.has(session.habit)) {
      counts.otherwise += 1;
      if (!isSent) faults.otherwise.push(figures);
      continue;
    }
    counts.alike += 1;
    if (theirs.input >= 2n ** 32n || theirs.output >= 2n ** 32n) counts.beyond32Bits += 1;
    const isEqual = figure(ours, 'bytesUp') === theirs.input && figure(ours, 'bytesDown') === theirs.output;
    if (!isEqual || !isSent) faults.alike.push(figures);
  }
  tell(
    `${counts.alike} sessions equal SQL accounting to the byte, ${counts.beyond32Bits} of them beyond 32 bits`,
    faults.alike[0] ?? (counts.beyond32Bits > 0 ? null : 'none needs gigawords'),
  );
  tell(
    `${counts.otherwise} sessions that end without octets or are overtaken keep what was last stated`,
    faults.otherwise[0] ?? null,
  );
  tell('SQL accounting says what its queries say of every session', faults.theirs[0] ?? null);
}

function compareCards(
  accounted: readonly Accounted[],
  { cards, sessions }: Traffic,
  answers: ReadonlyMap<string, Answer>,
): void {
  const faults: string[] = [];
  const days: string[] = [];
  for (const card of cards) {
    const [usage] = answers.get(card.imsi)?.usage ?? [];
    const mine = sessions.filter(session => session.card === card);
    const withheld = mine.filter(session => OTHERWISE.has(session.habit));
    const rows = accounted.filter(row => row.userName === card.imsi);
    for (const [name, theirs, last, stated] of [
      ['bytesUp', 'input', 'lastUp', 'up'],
      ['bytesDown', 'output', 'lastDown', 'down'],
    ] as const) {
      const inSql = sum(rows.map(row => row[theirs]));
      const corrected = inSql + sum(withheld.map(session => session[stated] - session[last]));
      if (figure(usage?.figures, name) !== corrected)
        faults.push(
          `${card.imsi} ${name}: ours ${usage?.figures[name]}, theirs ${inSql}, corrected ${corrected}`,
        );
      const byDay = sum((usage?.days ?? []).map(day => figure(day.figures, name) ?? 0n));
      if (byDay !== figure(usage?.figures, name)) days.push(`${card.imsi} ${name}: days ${byDay}`);
    }
    const total = figure(usage?.figures, 'bytes');
    const sides = (figure(usage?.figures, 'bytesUp') ?? 0n) + (figure(usage?.figures, 'bytesDown') ?? 0n);
    if (total !== sides) faults.push(`${card.imsi} bytes: ${total}, both directions ${sides}`);
    const assumed = Object.keys(usage?.marks ?? {}).filter(mark => ['wrap', 'restart'].includes(mark));
    if (assumed.length > 0) faults.push(`${card.imsi}: assumed ${assumed.join()}`);
  }
  tell(
    `${cards.length} cards equal SQL accounting, with the difference of those sessions taken in`,
    faults[0] ?? null,
  );
  tell('days add up to the whole', days[0] ?? null);
}

/** What SQL accounting says that a card used in both directions, with what it loses of some sessions put back. */
function totalOf(card: Card, accounted: readonly Accounted[], sessions: readonly Session[]): bigint {
  const rows = accounted.filter(row => row.userName === card.imsi);
  const lost = sessions.filter(session => session.card === card && OTHERWISE.has(session.habit));
  return (
    sum(rows.map(row => row.input + row.output)) +
    sum(lost.map(session => session.up - session.lastUp + session.down - session.lastDown))
  );
}

async function compareJudged(api: ApiClient, caps: readonly Cap[]): Promise<void> {
  await until('everything judged', async () => {
    const { judge } = await api.get<{ judge: { waitingRecords: number } }>('/status');
    return judge.waitingRecords === 0;
  });
  const { items } = await api.get<{ items: readonly { subject: { reference: string } }[] }>(
    '/findings?rule=data-cap&limit=500',
  );
  const found = new Set(items.map(finding => finding.subject.reference));
  const wrong = caps.filter(({ card, isOver }) => found.has(card.iccid.slice(0, 19)) !== isOver);
  const over = caps.filter(each => each.isOver).length;
  const isOnly = found.size === over && items.length === over;
  tell(
    `${over} cards a byte over their cap by SQL accounting are found, ${caps.length - over} at their cap are not`,
    wrong[0]?.card.imsi ?? (isOnly ? null : `${items.length} findings of ${found.size} cards`),
  );
}

async function compareDoors(api: ApiClient, card: Card, answers: ReadonlyMap<string, Answer>): Promise<void> {
  const answer = answers.get(card.imsi)!;
  const direct = await api.get<Answer>(`/subjects/${answer.subject.id}/usage`);
  const isSame = JSON.stringify(direct) === JSON.stringify(answer);
  tell('the command line and the HTTP door say one figure', isSame ? null : card.imsi);
}

function figure(figures: Readonly<Record<string, number>> | undefined, name: string): bigint | null {
  const value = figures?.[name];
  return value === undefined ? null : BigInt(value);
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

try {
  await main();
} catch (cause) {
  tell(
    'freeradius',
    String(cause instanceof Error ? cause.message : cause)
      .slice(0, 2_000)
      .replaceAll('\n', ' | '),
  );
}
process.exitCode = hasFailed ? 1 : 0;

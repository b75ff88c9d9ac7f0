import { join } from 'node:path';
import { sql } from 'kysely';
import type pg from 'pg';
import { type Connected, connectDatabase } from '../../server/src/kernel/database/connect.ts';
import { reachLaunched } from '../../server/src/kernel/database/open.ts';
import { silentLog } from '../../server/src/kernel/log.ts';
import { openFor } from '../../server/src/spine/cases/open.ts';
import { record } from '../../server/src/spine/findings/findings.ts';
import { ApiClient, ApiProblem, until } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { type ProviderProcess, startProvider } from '../measures/provider-process.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';
import { PASSED_HOLDER } from './scene.ts';

const PASSWORD = 'a long enough pass phrase 6';
const CLASSED = { industryClass: 'industry', scenario: 'metering', deviceType: 'meter' };

/** Whoever attacks: somebody with every right of a party, the command line, and its database's roles. */
export interface Attacker {
  readonly partyId: number;
  readonly client: ApiClient;
}

export interface Holder {
  readonly handle: string;
  readonly documentId: number;
}

/** A whole server with a party, its neighbour, a party below that sells, and a provider of connectivity. */
export interface WaysScene {
  readonly mine: Attacker;
  readonly theirs: Attacker;
  readonly below: Attacker;
  readonly cli: CommandLine;
  readonly folder: string;
  readonly provider: ProviderProcess;
  readonly db: Connected;
  readonly doorPool: pg.Pool;
  readonly corridorPool: pg.Pool;
  /** The same data folder under a server whose clock is off. */
  underClock(shiftMs: number, work: (client: ApiClient) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** A way and the attack; what the attack answers was said to the attacker, where the record is an answer of the database. */
export type Way = readonly [name: string, attack: (scene: WaysScene) => Promise<unknown>];

let count = 0;
function next(): string {
  count += 1;
  return String(10_000 + count);
}

export async function openWays(): Promise<WaysScene> {
  const data = dataFolder();
  let server: ServerProcess = await startServer(data.path);
  const provider = await startProvider();
  const first = server.first as { email: string; password: string };
  const root = new ApiClient(server.address);
  await root.signIn(first.email, first.password, PASSWORD);
  const mine = await attacker(root);
  const theirs = await attacker(root);
  const below = await attacker(mine.client);
  await mine.client.post('/providers', {
    name: 'carrier',
    adapter: 'simulated-provider',
    settings: { url: provider.url },
  });
  for (const each of [mine, theirs, below]) await each.client.post('/card-suppliers', { reference: 'maker' });
  const where = { host: join(data.path, 'postgresql/run'), port: 5432, superuser: 'postgres' };
  const db = connectDatabase(reachLaunched(where, 'thingward'), silentLog);
  return {
    ...{ mine, theirs, below, provider, db, folder: data.path },
    cli: commandLine(data.path, {
      THINGWARD_URL: server.address,
      THINGWARD_TOKEN: mine.client.token as string,
    }),
    doorPool: db.rawPool({ role: 'door', max: 2 }),
    corridorPool: db.rawPool({ role: 'corridor', max: 2 }),
    underClock: async (shiftMs, work) => {
      const port = Number(new URL(server.address).port);
      await server.stop();
      const preload = join(import.meta.dirname, '../faults/shifted-clock.mjs');
      const env = { NODE_OPTIONS: `--import=${preload}`, SHIFT_MS: String(shiftMs) };
      server = await startServer(data.path, { env, port });
      const shifted = new ApiClient(server.address);
      await shifted.signIn(emails.get(mine.partyId) as string, PASSWORD);
      await work(shifted).finally(async () => {
        await server.stop();
        server = await startServer(data.path, { port });
        // Sessions of before are over for a clock that is ahead.
        await mine.client.signIn(emails.get(mine.partyId) as string, PASSWORD);
      });
    },
    close: async () => {
      await db.close();
      await server.stop();
      await provider.stop();
      data.remove();
    },
  };
}

const emails = new Map<number, string>();

async function attacker(above: ApiClient): Promise<Attacker> {
  const name = `party-${next()}`;
  const { id: partyId } = await above.post<{ id: number }>('/parties', {
    kind: 'customer',
    name: { en: name, zh: name },
  });
  const email = `${name}@example.org`;
  emails.set(partyId, email);
  const person = { email, name, role: 'administrator', partyId };
  const made = await above.post<{ oneTimePassword: string }>('/people', person);
  const client = new ApiClient(above.address);
  await client.signIn(email, made.oneTimePassword, PASSWORD);
  return { partyId, client };
}

export async function bareHolder(client: ApiClient): Promise<Holder> {
  const document = { kind: 'passport', number: `E8${next()}1` };
  return client.post<Holder>('/persons', { kind: 'natural', name: 'x', document });
}

export const verify = (client: ApiClient, { handle, documentId }: Holder, outcome = 'verified') =>
  client.post(`/persons/${handle}/verifications`, { documentId, outcome, method: 'in-person' });

export const assess = (client: ApiClient, { handle }: Holder, inputs: object = {}, validTo?: string) =>
  client.post('/risk-assessments', {
    ...{ of: 'holder', reference: handle, inputs: { ...PASSED_HOLDER, ...inputs } },
    ...(validTo === undefined ? {} : { validTo }),
  });

export async function goodHolder(client: ApiClient): Promise<Holder> {
  const holder = await bareHolder(client);
  await verify(client, holder);
  await assess(client, holder);
  return holder;
}

/** What a move came to: `moved`, `unchanged` or the code it was refused with. */
export async function move(
  client: ApiClient,
  act: string,
  card: string,
  asked: object = {},
): Promise<string> {
  try {
    const done = await client.post<{ outcomes: { outcome: string; code?: string }[] }>('/card-moves', {
      ...{ act, cards: [card] },
      ...asked,
    });
    return done.outcomes[0]?.code ?? done.outcomes[0]?.outcome ?? 'nothing';
  } catch (thrown) {
    return codeOf(thrown);
  }
}

/** The code of a refusal; anything else that went wrong is thrown on. */
export function codeOf(thrown: unknown): string {
  if (thrown instanceof ApiProblem && thrown.code !== undefined && thrown.status < 500) return thrown.code;
  throw thrown;
}

const STEPS = ['stock', 'allocated', 'sold', 'active'] as const;

/** A classified card that has come so far, for a holder. */
export async function cardAt(
  client: ApiClient,
  state: (typeof STEPS)[number],
  holder?: Holder,
): Promise<string> {
  const card = `89860012345678${next()}`;
  const order = { reference: card, supplier: 'maker', form: 'esim', ordered: 1 };
  const { id } = await client.post<{ id: number }>('/card-batches', order);
  await client.post(`/card-batches/${id}/cards`, { cards: [{ iccid: card }] });
  await must(move(client, 'classify', card, CLASSED));
  const far = STEPS.indexOf(state);
  if (far >= 1)
    await must(move(client, 'allocate', card, { holder: holder?.handle ?? '', channel: 'direct' }));
  if (far >= 2) await must(move(client, 'sell', card));
  if (far >= 3) await must(move(client, 'activate', card));
  return card;
}

async function must(came: Promise<string>): Promise<void> {
  const outcome = await came;
  if (outcome !== 'moved') throw new Error(`a step before the attack was refused: ${outcome}`);
}

export interface Suspended {
  readonly card: string;
  readonly holder: Holder;
  readonly caseId: number;
  readonly measureId: number;
}

/** A card in use whose case has suspended it at its provider; what made the case is put past the rules. */
export async function suspendedCard({ mine, db }: WaysScene): Promise<Suspended> {
  const { client, partyId } = mine;
  const holder = await goodHolder(client);
  const card = await cardAt(client, 'active', holder);
  const caseId = await db.database.corridor(async tx => {
    const { rows } = await sql<{ id: number; version: string; rule: string }>`
      select s.subject_id as id, r.rule_id as rule, r.version from subject s, rule_version r
      where s.reference = ${card} and s.party_id = ${partyId} limit 1`.execute(tx);
    const { id: subjectId, version: ruleVersion, rule: ruleId } = rows[0]!;
    const atMs = Date.now();
    const digest = Buffer.from(card).toString('hex').padEnd(64, '0').slice(0, 64);
    const found = {
      ...{ findingId: digest, partyId, ruleId, ruleVersion, subjectId, subjectKind: 'card' },
      ...{ key: `iccid:${card}`, completedBy: digest, observedAtMs: atMs - 1_000, judgedAtMs: atMs },
      ...{ severity: 'high' as const, historical: false, evidence: {} },
    };
    const occasion = { atMs, actor: 'corridor', reason: 'judged' };
    await record(tx, [found], [], [], occasion);
    const opened = await openFor(tx, { catalogues: [] }, found, occasion);
    return opened!.case.caseId;
  });
  const { id: measureId } = await client.post<{ id: number }>(`/cases/${caseId}/measures`, {
    kind: 'suspend-card',
  });
  await until('the card is suspended', async () => (await measureState(client, measureId)) === 'effective');
  return { card, holder, caseId, measureId };
}

export async function measureState(client: ApiClient, measureId: number): Promise<string> {
  return (await client.get<{ state: string }>(`/measures/${measureId}`)).state;
}

/**
 * Cards in use that ought not to be: whose last move into use was made without an identity in force and a passed
 * assessment of the holder at that time, or that came back by a lifting while the gate would have kept them out.
 */
export async function wronglyActive({ db }: WaysScene): Promise<string[]> {
  const { rows } = await sql<{ card: string }>`
    select s.reference as card from card_life l join subject s on s.subject_id = l.card_id
    where l.state not in ('stock', 'allocated', 'sold', 'suspended', 'terminated', 'retired')
      and not exists (
        select from (select * from card_move m where m.card_id = l.card_id and m.outcome = 'done' order by m.move_id desc limit 1) m
        where m.to_state = l.state and m.holder_id = l.holder_id
          and (select i.outcome = 'verified' and m.at < i.valid_to from identity_statement i
            where i.subject_id = m.holder_id and i.stated_at <= m.at order by i.statement_id desc limit 1)
          and (select a.passed and m.at < a.valid_to from risk_assessment a
            where a.subject_id = m.holder_id and a.stated_at <= m.at order by a.assessment_id desc limit 1))
    union
    select s.reference from measure m join subject s using (subject_id)
    where m.state = 'lifted' and card_activity_fault(m.subject_id) is not null`.execute(db.owner);
  return rows.map(row => row.card);
}

/**
 * What tells of attempts, by place: refused moves, ledger entries of refusals, imports, returns and profiles, what was
 * put into quarantine, and refusals beyond those the ledger tells one by one, which a minute later are an entry.
 */
export async function records({ db }: WaysScene): Promise<readonly number[]> {
  const { rows } = await sql<{ n: number[] }>`
    with told as (select act from ledger_stage union all select act from ledger_entry)
    select array[(select count(*) from card_move where outcome = 'refused'),
      (select count(*) from told where act ~ '(-refused$|^import-|return|esim-profile)'),
      (select count(*) from quarantine), (select coalesce(sum(greatest(times - 5, 0)), 0) from refusal_count)]::int[] as n`.execute(
    db.owner,
  );
  return rows[0]!.n;
}

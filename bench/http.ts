/**
 * Clients that post single records against services that commit each alone: records per second by wall time.
 *
 * Ours is the whole house in a process of its own: 64 clients, each with one connection and one record under way, an API
 * key, an answer after the commit. The judge and the sequencer run meanwhile. Two peers take turns with it in this run,
 * on the same PostgreSQL:
 *
 * - `http/one-row-commits`: a plain Fastify app in a process of its own does for the same clients what a user would build
 *   instead (`http-plain.ts`): key and body checked, one durable commit for each record over 16 connections, the same
 *   columns, indexes and row-level security.
 * - `http/bare-inserts`: rows rendered beforehand are inserted over 16 connections without HTTP, key or reading
 *   (`http-bare.ts`). It does less than any service can, so this ratio says what HTTP and the rest cost.
 *
 * Printed too: CPU for each record of the server, of PostgreSQL and of the clients, judging to the end among it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import type { Settled, Told } from './http-ours.ts';
import { cpuOf, parentOf, postgresCpu } from './processes/cpu.ts';

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
const connections = Number(values.connections);
const rounds = Number(values.rounds);

/** A round of one server: records per second, and microseconds of CPU for each record. */
interface Round {
  readonly rate: number;
  readonly server: number;
  readonly postgres: number;
  readonly clients: number;
}

const folder = mkdtempSync(join(tmpdir(), 'thingward-bench-'));
chmodSync(folder, 0o755);
const children: ChildProcess[] = [];
try {
  const [server, told] = await start<Told>('http-ours.ts', folder, profiled());
  await bench(server, told);
} finally {
  await Promise.all(children.reverse().map(leave));
  rmSync(folder, { recursive: true, force: true });
}

async function bench(server: ChildProcess, told: Told): Promise<void> {
  const { leaf, postmaster } = await makePeerTables(told);
  const [plain, plainPort] = await start<number>('http-plain.ts', JSON.stringify({ ...told, connections }));
  const lags: number[] = [];
  let settled: Settled = { lagRecords: 0, chunks: 0, kept: 0 };

  const measured = async (of: ChildProcess, port: number, count: number, from: number): Promise<Round> => {
    const before = [cpuOf(of.pid), postgresCpu(postmaster)] as const;
    const { tookMs, cpuMicros } = await post(port, told, count, from);
    if (of === server) settled = await ask<Settled>(server, 'settle');
    return {
      rate: (count / tookMs) * 1_000,
      server: (cpuOf(of.pid) - before[0]) / count,
      postgres: (postgresCpu(postmaster) - before[1]) / count,
      clients: cpuMicros / count,
    };
  };
  const legs = {
    ours: (round: number) => measured(server, told.port, records, round * records),
    plain: (round: number) => measured(plain, plainPort, peerRecords, round * peerRecords),
    bare: async (round: number): Promise<Round> => ({
      ...{ rate: await insertBare(told, leaf, round * peerRecords), server: 0, postgres: 0, clients: 0 },
    }),
  };
  const names = ['ours', 'plain', 'bare'] as const;
  const results: Record<(typeof names)[number], Round>[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const result: Partial<Record<(typeof names)[number], Round>> = {};
    // Each begins as often as the others.
    for (let i = 0; i < names.length; i += 1) {
      const name = names[(round + i) % names.length] as (typeof names)[number];
      result[name] = await legs[name](round);
      if (name === 'ours') lags.push(settled.lagRecords);
    }
    // The first is to warm up.
    if (round > 0) results.push(result as (typeof results)[number]);
  }
  if (settled.kept !== records * (rounds + 1)) throw new Error(`${settled.kept} records are stored`);

  const { chunks, kept } = settled;
  const of = (name: (typeof names)[number], figure: keyof Round) => median(results.map(r => r[name][figure]));
  const ratio = (name: 'plain' | 'bare') => median(results.map(r => r.ours.rate / r[name].rate)).toFixed(2);
  const cpu = (name: 'ours' | 'plain') =>
    ['server', 'postgres', 'clients']
      .map(what => `${what}=${of(name, what as keyof Round).toFixed(0)}`)
      .join(' ');
  console.log(
    `durable=${told.durable} clients=${values.clients} records=${records} connections=${connections} records_per_commit=${(kept / chunks).toFixed(1)} waiting_for_judge_at_end=${median(lags)}`,
  );
  console.log(`rounds ${results.map(({ ours, plain }) => (ours.rate / plain.rate).toFixed(2)).join(' ')}`);
  console.log(`http_cpu_us_per_record ${cpu('ours')} (judging to the end among it)`);
  console.log(`one_row_commits_cpu_us_per_record ${cpu('plain')}`);
  console.log(`http_records_per_s=${of('ours', 'rate').toFixed(0)}`);
  console.log(`one_row_commits_per_s=${of('plain', 'rate').toFixed(0)}`);
  console.log(`bare_inserts_per_s=${of('bare', 'rate').toFixed(0)}`);
  console.log(`ratio http/bare-inserts=${ratio('bare')}`);
  console.log(`ratio http/one-row-commits=${ratio('plain')}`);
}

/** The table of the plain service, as a leaf of ours is made; a leaf of ours for bare rows; the first process of PostgreSQL. */
async function makePeerTables({ database }: Told): Promise<{ leaf: string; postmaster: number }> {
  const owner = new pg.Client({ ...database, user: 'thingward_owner' });
  await owner.connect();
  await owner.query(`set search_path = thingward;
    create table plain_record (like observation including defaults);
    create unique index on plain_record (digest);
    create index on plain_record (claim, observed_at);
    create index on plain_record (series, observed_at) where series is not null;
    create index on plain_record (chunk_id);
    select protect('plain_record');
    grant insert, select on plain_record to thingward_door`);
  const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const { rows } = await owner.query<{ leaf: string; pid: number }>(
    'select observation_leaf($1::date) as leaf, pg_backend_pid() as pid',
    [day],
  );
  const { leaf, pid } = rows[0] as { leaf: string; pid: number };
  const postmaster = parentOf(pid);
  await owner.end();
  return { leaf, postmaster };
}

/** Starts one of the servers; what it tells first says that it is ready. */
async function start<T>(
  file: string,
  argument: string,
  flags: readonly string[] = [],
): Promise<[ChildProcess, T]> {
  const args = [...flags, join(import.meta.dirname, file), argument];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  children.push(child);
  return [child, await messageOf<T>(child)];
}

/** `BENCH_PROFILE=<folder>` has our server leave a CPU profile there. */
function profiled(): string[] {
  const at = process.env['BENCH_PROFILE'];
  return at === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${at}`];
}

async function ask<T>(child: ChildProcess, what: string): Promise<T> {
  const answer = messageOf<T>(child);
  child.send(what);
  return answer;
}

async function messageOf<T>(child: ChildProcess): Promise<T> {
  const gone = once(child, 'exit').then(() => {
    throw new Error('a server of the benchmark ended');
  });
  gone.catch(() => {});
  return (await Promise.race([once(child, 'message'), gone]))[0] as T;
}

async function leave(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.disconnect();
  await gone;
}

/** Posts so many records by all clients. Throws when one was not accepted. */
async function post(port: number, { path, key }: Told, count: number, from: number) {
  const args = [String(port), path, key, values.clients, String(count), String(from)];
  const told = await said('http-clients.ts', args);
  const { outcomes, ...rest } = JSON.parse(told) as {
    readonly tookMs: number;
    readonly cpuMicros: number;
    readonly outcomes: Readonly<Record<string, number>>;
  };
  if (outcomes['accepted'] !== count) throw new Error(`not all were accepted: ${JSON.stringify(outcomes)}`);
  return rest;
}

async function insertBare(told: Told, leaf: string, from: number): Promise<number> {
  const args = JSON.stringify({ ...told, connections, leaf, rows: peerRecords, from });
  const { tookMs } = JSON.parse(await said('http-bare.ts', [args])) as { tookMs: number };
  return (peerRecords / tookMs) * 1_000;
}

async function said(file: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, file), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let told = '';
  for await (const part of child.stdout) told += String(part);
  return told;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

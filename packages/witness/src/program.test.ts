import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openNote, parseVerifierKey } from '@thingward/verifier';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type MadeLog, madeLog, submissionOf } from '../../../tests/made-log.ts';
import { effort } from '../../../tests/prove.ts';
import { originHash } from './witness.ts';

const PROGRAM = fileURLToPath(new URL('thingward-witness.mjs', import.meta.url));
const NAME = 'regulator.example/w1';
let folder: string;
let log: MadeLog;
const running: ChildProcess[] = [];

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const say = (...args: readonly string[]): Promise<Said> =>
  new Promise(resolve => {
    execFile(process.execPath, [PROGRAM, ...args], (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });

async function serve(): Promise<{ url: string; vkey: string; child: ChildProcess }> {
  const args = [
    PROGRAM,
    'serve',
    '--state',
    folder,
    '--name',
    NAME,
    '--log',
    log.vkey,
    '--listen',
    '127.0.0.1:0',
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  const line = await new Promise<string>(resolve =>
    child.stdout?.once('data', part => resolve(String(part))),
  );
  const told = JSON.parse(line) as { listening: string; verifierKey: string };
  return { url: told.listening, vkey: told.verifierKey, child };
}

async function kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
  const gone = new Promise<number | null>(resolve => child.once('exit', code => resolve(code)));
  child.kill(signal);
  return gone;
}

const submit = (url: string, old: number, size: number) =>
  fetch(`${url}/add-checkpoint`, {
    method: 'POST',
    body: submissionOf(old, log.proof(old, size), log.note(size)),
  });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'witness-run-'));
  log = madeLog();
  log.add(...Array.from({ length: 400 }, () => ({ act: 'case-note' })));
});
afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

describe('thingward-witness', () => {
  test('serves the protocol over HTTP: types, statuses, reading, a bound on the body', async () => {
    const { url, vkey, child } = await serve();
    const first = await submit(url, 0, 100);
    expect([first.status, first.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    const line = await first.text();
    expect(await openNote(log.note(100) + line, [await parseVerifierKey(vkey)])).toContain('\n100\n');
    const behind = await submit(url, 0, 200);
    expect([behind.status, behind.headers.get('content-type'), await behind.text()]).toEqual([
      409,
      'text/x.tlog.size',
      '100\n',
    ]);
    const read = await fetch(`${url}/${originHash('log.example/ledger')}/checkpoint`);
    expect(await read.text()).toBe(log.note(100) + line);
    expect((await fetch(`${url}/${originHash('other')}/checkpoint`)).status).toBe(404);
    expect((await fetch(`${url}/add-checkpoint`)).status).toBe(404);
    const large = await fetch(`${url}/add-checkpoint`, { method: 'POST', body: 'x'.repeat(300_000) }).then(
      answer => answer.status,
      () => 413,
    );
    expect(large).toBe(413);
    expect((await fetch(`${url}/`)).headers.get('x-content-type-options')).toBe('nosniff');
    expect(await kill(child, 'SIGTERM')).toBe(0);
  });

  test('forgets nothing it answered when it is killed in the middle, again and again', async () => {
    let answered = 0;
    for (let life = 0; life < effort(6, 60); life++) {
      const { url, child } = await serve();
      const known = Number(
        await (await submit(url, 0, 400)).text().then(text => (/^\d+\n$/.test(text) ? text : '400')),
      );
      if (life > 0) expect(known).toBeGreaterThanOrEqual(answered);
      const work = (async () => {
        for (let old = life === 0 ? 400 : known; ; old += 1) {
          log.add({ act: 'case-note' });
          const size = Math.max(log.size(), old + 1);
          while (log.size() < size) log.add({ act: 'case-note' });
          const answer = await submit(url, old, old + 1).catch(() => null);
          if (answer?.status !== 200) return;
          await answer.text().catch(() => '');
          answered = old + 1;
        }
      })();
      await new Promise(resolve => setTimeout(resolve, 60 + ((37 * life) % 400)));
      await kill(child);
      await work;
    }
    expect(answered).toBeGreaterThan(400);
  });

  test('refuses a second process on its state, another name for its key, and a key that others may read', async () => {
    await serve();
    const again = await say(
      'serve',
      '--state',
      folder,
      '--name',
      NAME,
      '--log',
      log.vkey,
      '--listen',
      '127.0.0.1:0',
    );
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('state-busy')]);
    const other = await say('key', '--state', folder, '--name', 'other.example/w2');
    expect([other.code, other.err]).toEqual([1, expect.stringContaining('key-named-otherwise')]);
    expect((await stat(join(folder, 'witness.key'))).mode & 0o777).toBe(0o600);
    const key = await say('key', '--state', folder);
    expect(key.out).toMatch(/^regulator\.example\/w1\+[0-9a-f]{8}\+/);
    expect(await readFile(join(folder, 'witness.key'), 'utf8')).toContain('PRIVATE');
  });

  test.each([
    [[]],
    [['serve']],
    [['serve', '--state', 'x', '--name', 'a', '--listen', 'nowhere']],
    [['monitor', '--state', 'x', '--url', 'https://log.example']],
    [['cosign']],
    [['serve', '--colour']],
  ])('ends with 2 when the words make no sense: %j', async args => {
    const said = await say(...args);
    expect([said.code, said.err.length > 0]).toEqual([2, true]);
  });

  test('shows help in both languages', async () => {
    expect((await say('--help')).out).toMatch(/follows a log[^\n]+跟踪日志/);
  });

  test('says that it saw nothing when the log cannot be reached', async () => {
    const said = await say(
      'monitor',
      '--state',
      folder,
      '--url',
      'http://127.0.0.1:9/ledger',
      '--log',
      log.vkey,
      '--once',
    );
    expect([said.code, JSON.parse(said.out)]).toEqual([
      1,
      expect.objectContaining({ isAnswered: false, alarms: [] }),
    ]);
  });

  test('follows a log over HTTP, and ends with 3 and the evidence when history was rewritten', async () => {
    let shown = log;
    const server = createServer((request, response) => {
      const bytes = shown.file((request.url ?? '').replace('/ledger/', ''));
      response.writeHead(bytes === null ? 404 : 200).end(bytes ?? undefined);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ledger`;
    const look = (...more: readonly string[]) =>
      say('monitor', '--state', folder, '--url', url, '--log', log.vkey, '--once', ...more);
    try {
      const first = await look('--watch', 'act=rule-*');
      expect([first.code, JSON.parse(first.out)]).toEqual([
        0,
        expect.objectContaining({ size: 400, entries: 400, acts: { 'case-note': 400 } }),
      ]);
      log.add({ act: 'rule-armed' });
      const second = await look('--watch', 'act=rule-*', '--whole');
      expect([second.code, JSON.parse(second.out)]).toMatchObject([
        3,
        { entries: 1, alarms: [{ kind: 'watched', evidence: { index: 400 } }] },
      ]);
      expect((await look()).code).toBe(0);
      shown = madeLog('log.example/ledger', log.key);
      shown.add(...log.entries.slice(1), { act: 'x' }, { act: 'y' });
      const forked = await look();
      expect([forked.code, forked.err]).toEqual([3, expect.stringContaining('ALARM 警报 fork')]);
      const { alarms } = JSON.parse(forked.out) as {
        alarms: Array<{ evidence: { before: string; now: string } }>;
      };
      const key = await parseVerifierKey(log.vkey);
      for (const note of [alarms[0]?.evidence.before, alarms[0]?.evidence.now])
        expect(await openNote(note as string, [key])).toContain('log.example/ledger');
      const again = await look();
      expect([again.code, again.err]).toEqual([3, '']);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});

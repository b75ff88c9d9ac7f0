import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { foldersBelow } from './folders.ts';
import { type Claimed, Inbox } from './inbox.ts';
import { isDelivery, plainName } from './names.ts';

let root: string;
let folder: string;
let inbox: Inbox;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'inbox-'));
  folder = join(root, '1', 'stream');
  mkdirSync(folder, { recursive: true });
  inbox = new Inbox(folder, 'a');
  await inbox.open();
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (name: string, text = 'x\n'): void => writeFileSync(join(folder, name), text);
const names = async (): Promise<string[]> => (await inbox.look()).files.map(each => each.raw.toString());
async function claimed(of: Inbox = inbox): Promise<Claimed> {
  const [found] = (await of.look()).files;
  return (await of.claim(found!)) as Claimed;
}
async function read(file: Claimed, of: Inbox = inbox): Promise<string> {
  let text = '';
  for await (const piece of of.read(file)) text += piece.toString();
  return text;
}

describe('a folder of deliveries', () => {
  it('holds regular files with one name, and not what is hidden, unfinished, linked or a folder', async () => {
    for (const name of ['b.csv', 'a.csv', '.hidden', 'x.part', 'y.TMP', 'z~']) put(name);
    mkdirSync(join(folder, 'folder.csv'));
    writeFileSync(join(root, 'secret'), 'outside');
    symlinkSync(join(root, 'secret'), join(folder, 'link.csv'));
    linkSync(join(root, 'secret'), join(folder, 'hard.csv'));
    expect(await names()).toEqual(['a.csv', 'b.csv']);
    expect((await inbox.look()).others).toBe(3);
  });

  it('gives a file to one of several takers', async () => {
    const other = new Inbox(folder, 'b');
    await other.open();
    for (let i = 0; i < 20; i += 1) put(`${i}.csv`);
    const { files } = await inbox.look();
    const taken = await Promise.all(files.flatMap(file => [inbox.claim(file), other.claim(file)]));
    expect(taken.filter(each => each !== null)).toHaveLength(20);
    expect(await names()).toEqual([]);
    const [ours, theirs] = [await inbox.unsettled(), await other.unsettled()];
    expect(ours.length + theirs.length).toBe(20);
  });

  it('gives what a dead taker left to one that lives, and nothing of one that lives', async () => {
    put('left.csv');
    const dead = new Inbox(folder, 'dead');
    await dead.open();
    await claimed(dead);
    expect(await inbox.unsettled()).toEqual([]);
    const longAgo = new Date(Date.now() - 600_000);
    utimesSync(join(folder, 'taking', 'dead', '.alive'), longAgo, longAgo);
    expect((await inbox.unsettled()).map(each => each.name)).toEqual(['left.csv']);
    expect(await dead.unsettled()).toEqual([]);
  });

  it('breaks off a file that changes while it is read, and puts it back beside a newer one of its name', async () => {
    put('a.csv', 'one\n');
    const file = await claimed();
    const grows = async (): Promise<void> => {
      for await (const _ of inbox.read(file)) appendFileSync(file.path, 'two\n');
    };
    await expect(grows()).rejects.toMatchObject({ code: 'file-changed' });
    put('a.csv', 'newer\n');
    await inbox.giveBack(file);
    expect(await names()).toEqual(['2-a.csv', 'a.csv']);
    expect(readFileSync(join(folder, '2-a.csv'), 'utf8')).toBe('one\ntwo\n');
  });

  it('reads no link that took a claimed file’s place, and no folder', async () => {
    put('a.csv');
    const file = await claimed();
    rmSync(file.path);
    symlinkSync('/etc/hostname', file.path);
    await expect(read(file)).rejects.toMatchObject({ code: 'file-unreadable' });
    rmSync(file.path);
    mkdirSync(file.path);
    await expect(read(file)).rejects.toMatchObject({ code: 'file-unreadable' });
  });

  it.skipIf(process.getuid?.() === 0)('refuses a file that it may not read', async () => {
    put('a.csv');
    chmodSync(join(folder, 'a.csv'), 0);
    await expect(read(await claimed())).rejects.toMatchObject({ code: 'file-unreadable' });
  });

  it('keeps every file that ends there with its report, also of one name', async () => {
    for (const text of ['first', 'second']) {
      put('a.csv', text);
      await inbox.settle(await claimed(), 'done', { text });
    }
    const done = join(folder, 'done');
    expect(readdirSync(done).sort()).toEqual([
      '2-a.csv',
      '2-a.csv.report.json',
      'a.csv',
      'a.csv.report.json',
    ]);
    expect(readFileSync(join(done, '2-a.csv'), 'utf8')).toBe('second');
    expect(JSON.parse(readFileSync(join(done, '2-a.csv.report.json'), 'utf8'))).toEqual({ text: 'second' });
  });

  it('keeps a file claimed whose report cannot be written, and leaves no draft', async () => {
    put('a.csv');
    const file = await claimed();
    rmSync(join(folder, 'done'), { recursive: true });
    writeFileSync(join(folder, 'done'), 'no folder');
    await expect(inbox.settle(file, 'done', {})).rejects.toThrow();
    expect(existsSync(file.path)).toBe(true);
    rmSync(join(folder, 'done'));
    await inbox.open();
    await inbox.settle(file, 'done', {});
    expect(readdirSync(join(folder, 'done')).sort()).toEqual(['a.csv', 'a.csv.report.json']);
  });

  it('takes files of any name, and gives those a name that can be shown', async () => {
    const raw = [
      Buffer.from('broken-\xff.csv', 'latin1'),
      Buffer.from('line\nend\u202e.csv'),
      Buffer.from(`${'中'.repeat(80)}.csv`),
    ];
    for (const name of raw) writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), name]), 'x');
    const shown = raw.map(plainName);
    expect(shown[0]).toMatch(/^file-[0-9a-f]{16}$/);
    expect(shown[1]).toBe('line_end_.csv');
    expect(Buffer.byteLength(shown[2]!)).toBeLessThan(190);
    expect(shown[2]).toMatch(/^中+-[0-9a-f]{16}\.csv$/);
    for (const found of (await inbox.look()).files) expect(await inbox.claim(found)).not.toBeNull();
    expect((await inbox.unsettled()).map(each => each.name).sort()).toEqual([...shown].sort());
    expect(isDelivery(Buffer.from('a.csv'))).toBe(true);
  });

  it('is none that a link leads to', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    mkdirSync(join(outside, 'x'));
    symlinkSync(outside, join(root, '2'));
    symlinkSync(outside, join(root, '1', 'linked'));
    expect((await foldersBelow(root)).map(({ outer, inner }) => `${outer}/${inner}`)).toEqual(['1/stream']);
    rmSync(outside, { recursive: true });
  });
});

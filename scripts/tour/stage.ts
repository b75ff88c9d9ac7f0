import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sayValue } from '../../packages/cli/src/words.ts';
import { type Part, ROOT } from './parts.ts';
import { en, type WordKey, type Words } from './words-en.ts';
import { zh } from './words-zh.ts';

export type Language = 'en' | 'zh';
type Values = Readonly<Record<string, string | number>>;

/** What a command of the tour came to. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Something that was to hold and does not; the message is a whole sentence in the language of the tour. */
export class TourFault extends Error {}

/** The narration, the folder and the processes of one tour. */
export class Stage {
  readonly folder: string;
  readonly language: Language;
  claims = 0;
  private readonly words: Words;
  private readonly parts: Part[] = [];

  constructor(language: Language) {
    this.language = language;
    this.words = language === 'zh' ? zh : en;
    this.folder = mkdtempSync(join(tmpdir(), 'tw-'));
    // The database's unprivileged account walks through it.
    chmodSync(this.folder, 0o755);
    mkdirSync(join(this.folder, 'desk'));
  }

  say(key: WordKey, values: Values = {}): string {
    return this.words[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  }

  /** A value of a closed list, worded as the command line words it. */
  value(list: string, value: string): string {
    return sayValue(this.language, list, value);
  }

  heading(key: WordKey): void {
    write(`\n${bold(this.say(key))}\n`);
  }

  tell(key: WordKey, values: Values = {}): void {
    write(`  ${this.say(key, values)}\n`);
  }

  /** Tells a sentence that was found to be true, or throws it as one that is not. */
  claim(holds: boolean, key: WordKey, values: Values = {}): void {
    const sentence = this.say(key, values);
    if (!holds) throw new TourFault(this.say('not-so', { what: sentence }));
    this.claims += 1;
    write(`  ✓ ${sentence}\n`);
  }

  /** A file on the desk of the person who takes the tour. */
  file(name: string, text: string): string {
    const path = join(this.folder, 'desk', name);
    writeFileSync(path, text);
    return path;
  }

  /** Runs the command line as its user would, shown as typed; standard input comes from `feed` when given. */
  async run(
    words: readonly string[],
    feed?: (stdin: NodeJS.WritableStream) => Promise<void>,
    shown = words,
  ): Promise<Said> {
    write(`    ${dim(`$ npx thingward ${shown.join(' ')}`.replaceAll(`${this.folder}/desk/`, ''))}\n`);
    const script = join(ROOT, 'packages/cli/src/thingward.mjs');
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: join(this.folder, 'desk'),
      LANG: this.language === 'zh' ? 'zh_CN.UTF-8' : 'en_US.UTF-8',
    };
    const child = spawn(process.execPath, [script, ...words], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      out += part;
    });
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      err += part;
    });
    // The command may end before it has read all; its code says what that means.
    child.stdin.on('error', () => undefined);
    const ended = new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', code => resolve(code ?? -1));
    });
    await feed?.(child.stdin);
    child.stdin.end();
    return { code: await ended, out, err };
  }

  /** The document that a command answers with `--json`; a command that fails stops the tour. */
  async json<T>(...words: readonly string[]): Promise<T> {
    const { code, out, err } = await this.run([...words, '--json'], undefined, words);
    if (code !== 0) throw new TourFault(this.say('not-so', { what: `thingward ${words[0]}: ${err.trim()}` }));
    return JSON.parse(out) as T;
  }

  /** Asks until the answer is one; a time that passes without it stops the tour. */
  async until<T>(what: string, ask: () => Promise<T | false>, withinMs = 45_000): Promise<T> {
    const end = performance.now() + withinMs;
    for (;;) {
      const answer = await ask();
      if (answer !== false) return answer;
      if (performance.now() > end)
        throw new TourFault(this.say('not-so', { what: `${what} (${withinMs / 1000} s)` }));
      await new Promise(resolve => setTimeout(resolve, 200));
    }
  }

  /** Takes charge of ending a process. */
  readonly owns = (part: Part): void => {
    this.parts.push(part);
  };

  /** Ends every process that the tour started, the newest first, and removes the folder. */
  async clear(): Promise<void> {
    for (const part of this.parts.reverse()) await part.end();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
  }
}

function write(text: string): void {
  process.stdout.write(text);
}

const isColoured = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;
const bold = (text: string): string => (isColoured ? `\x1b[1m${text}\x1b[0m` : text);
const dim = (text: string): string => (isColoured ? `\x1b[2m${text}\x1b[0m` : text);

import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Desk } from './desk.ts';
import { UsageFault } from './shell.ts';

/** Asks for lines one after another, on the terminal or from a pipe; secrets are not echoed. */
export interface Asking {
  ask(question: string): Promise<string>;
  askSecret(question: string): Promise<string>;
  close(): void;
}

export function asking(desk: Desk): Asking {
  const { stdin } = desk.shell;
  const isTerminal = stdin.isTTY === true;
  let isHidden = false;
  const echo = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (!isHidden) desk.shell.err(chunk.toString());
      done();
    },
  });
  const lines = createInterface(
    isTerminal ? { input: stdin, output: echo, terminal: true } : { input: stdin },
  );
  const queue: AsyncIterator<string> | undefined = isTerminal ? undefined : lines[Symbol.asyncIterator]();
  const next = async (question: string): Promise<string> => {
    if (queue === undefined) return lines.question(question);
    const line = await queue.next();
    if (line.done === true) throw new UsageFault(desk.say('fault.nothing-on-stdin'));
    return line.value;
  };
  return {
    ask: question => next(question),
    askSecret: async question => {
      if (!isTerminal) return next(question);
      desk.shell.err(question);
      isHidden = true;
      try {
        return await next('');
      } finally {
        isHidden = false;
        desk.shell.err('\n');
      }
    },
    close: () => lines.close(),
  };
}

/** The first line of a file that holds a secret. */
export async function secretIn(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).split(/\r?\n/)[0] ?? '';
}

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Desk } from './desk.ts';
import { Fault } from './shell.ts';

/** What an offline run answered: its JSON document, and whether it ended well. */
export interface OfflineAnswer {
  readonly document: unknown;
  readonly isGood: boolean;
}

const ENTRY = fileURLToPath(new URL('../../../server/src/offline.ts', import.meta.url));

/** A deed of the server's own on this machine: `backup.ts`, `restore.ts`. */
export function deed(desk: Desk, entry: string, args: readonly string[]): Promise<OfflineAnswer> {
  return offline(desk, args, fileURLToPath(new URL(`../../../server/src/${entry}`, import.meta.url)));
}

/**
 * Starts the server's own offline entry point as a child process, so that a verdict is repeated by the very
 * code that gave it. `deed` is `rejudge FOLDER`, `check FILE` or `explain FILE`; nothing is asked of a
 * running server. Its standard output is one JSON document.
 */
export function offline(desk: Desk, deed: readonly string[], entry = ENTRY): Promise<OfflineAnswer> {
  if (!existsSync(entry)) throw new Fault(desk.say('offline.missing', { path: entry }));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry, ...deed, '--lang', desk.language], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', reject);
    child.on('close', code => {
      const document = parsed(Buffer.concat(out).toString('utf8'));
      if (document !== undefined) return resolve({ document, isGood: code === 0 });
      const said = Buffer.concat(err).toString('utf8').trim();
      reject(new Fault(`${desk.say('offline.failed', { code: String(code) })}\n${said}`));
    });
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

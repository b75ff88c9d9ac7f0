/**
 * The guide of the first day, followed to the letter: its commands are given in their order on an installation with
 * nothing in it, and what they print is held against what the guide says. The list of 10,000 cards is a workbook
 * that LibreOffice wrote.
 *
 * The two ports that the guide names are replaced by free ones; nothing else. One line for each block of commands;
 * the exit code is 1 when one does not come to what is told.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Step, stepsOf } from './guide/blocks.ts';
import { Reader } from './guide/compare.ts';
import { Terminals } from './guide/terminals.ts';
import { missingSpreadsheet } from './spreadsheets/programs.ts';

const root = dirname(dirname(import.meta.dirname));
const GUIDE = 'docs/operating/first-day.md';
const PORTS = ['8470', '8480'];
/** Terminals whose commands run on. */
const STAYING = ['server', 'platform'];
const WITHIN_MS = 900_000;
const OLE_MAGIC = 'd0cf11e0a1b11ae1';

const lack = await missingSpreadsheet('libreoffice');
if (lack !== null) console.log(`skipped the guide of the first day (${lack})`);
else process.exitCode = (await followed()) ? 0 : 1;

async function followed(): Promise<boolean> {
  const home = mkdtempSync(join(tmpdir(), 'tw-guide-'));
  chmodSync(home, 0o755);
  const keep = join(home, '.terminals');
  mkdirSync(keep);
  const ports = await Promise.all(PORTS.map(freePort));
  const here = (text: string) => PORTS.reduce((all, port, i) => all.replaceAll(port, String(ports[i])), text);
  const reader = new Reader(Date.now());
  const terminals = new Terminals(root, keep, environment(home, String(ports[0])));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      // The server runs in a group of its own and would outlive this.
      void terminals
        .close()
        .finally(() => rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 }))
        .finally(() => process.exit(1));
    });
  try {
    for (const step of stepsOf(readFileSync(join(root, GUIDE), 'utf8'))) {
      const name = `${GUIDE}:${step.line} ${step.terminal}: ${step.commands.trim().split('\n').at(-1)}`.slice(
        0,
        150,
      );
      const fault = await faultOf(step, reader, terminals, here, home);
      console.log(fault === null ? `ok ${name}` : `FAIL ${name}\n${fault}`);
      if (fault !== null) return false;
    }
    const isOld =
      readFileSync(join(home, 'first-day/cards.xls')).subarray(0, 8).toString('hex') === OLE_MAGIC;
    console.log(
      `${isOld ? 'ok' : 'FAIL'} the workbook that was imported is of Excel 97 and LibreOffice's own`,
    );
    return isOld;
  } finally {
    await terminals.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
  }
}

async function faultOf(
  step: Step,
  reader: Reader,
  terminals: Terminals,
  here: (text: string) => string,
  home: string,
): Promise<string | null> {
  const commands = here(reader.ownWords(step.commands));
  const prints = step.prints === null ? null : here(step.prints.replaceAll('~/', `${home}/`));
  const told = (printed: string) => (prints === null ? null : reader.fault(prints, printed));
  if (STAYING.includes(step.terminal)) {
    const printed = await terminals.leave(commands, text => told(text) === null, WITHIN_MS);
    return shown(told(printed), printed);
  }
  const until = Date.now() + WITHIN_MS;
  for (;;) {
    const came = await terminals.give(step.terminal, commands, reader.ownWords(step.typed));
    const isAsTold = (came.code !== 0) === step.isRefused;
    const fault = isAsTold ? told(came.printed) : `it ended with ${came.code}`;
    if (fault === null) return null;
    if (!step.isAgain || Date.now() > until) return shown(fault, came.printed);
    await new Promise(resolve => setTimeout(resolve, 1_000));
  }
}

function shown(fault: string | null, printed: string): string | null {
  return fault === null ? null : `  the guide says: ${fault}\n  printed:\n${printed.replace(/^/gm, '    ')}`;
}

/**
 * A user of a machine with nothing on it: a home of their own, and a folder for the database. What npm put on the path
 * when it started this is none of theirs: with the checkout's own Node there, a command that needs it would seem to work.
 */
function environment(home: string, port: string): NodeJS.ProcessEnv {
  const data = join(home, 'data');
  if (existsSync(data)) throw new Error('the data folder is not empty');
  return {
    PATH: (process.env['PATH'] ?? '')
      .split(':')
      .filter(folder => !folder.includes('node_modules'))
      .join(':'),
    ...{ HOME: home, LANG: 'C.UTF-8', TZ: 'UTC', NPM_CONFIG_UPDATE_NOTIFIER: 'false' },
    ...{ THINGWARD_DATA: data, THINGWARD_PORT: port },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const door = createServer().once('error', reject);
    door.listen(0, '127.0.0.1', () => {
      const { port } = door.address() as AddressInfo;
      door.close(() => resolve(port));
    });
  });
}

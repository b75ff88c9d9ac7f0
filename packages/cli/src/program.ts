import { homedir } from 'node:os';
import { Command, CommanderError } from 'commander';
import { commands } from './commands/all.ts';
import { deskOf } from './desk.ts';
import { Refused, Unreachable } from './server.ts';
import { Fault, type Shell, UsageFault } from './shell.ts';
import { plain } from './table.ts';
import { languageOf, type Say, sayIn, sayValue, type WordKey } from './words.ts';

/** Runs one command line. Answers the exit code: 0 done, 1 refused or failed, 2 not understood. Never throws. */
export async function run(argv: readonly string[], shell: Shell): Promise<number> {
  const language = languageOf(argv, shell.env);
  const say = sayIn(language);
  const program = programOf(say, shell);
  const desk = deskOf(program, shell, language, say);
  for (const add of commands) add(program, desk);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (fault) {
    return tell(fault, shell, say, program.opts<{ json?: boolean }>().json === true);
  }
}

/** The same on the process it is given. */
export function runHere(here: NodeJS.Process): Promise<number> {
  // A reader that has seen enough (`| head`) ends the program quietly.
  here.stdout.on('error', (fault: NodeJS.ErrnoException) => {
    if (fault.code === 'EPIPE') here.exit(0);
  });
  return run(here.argv.slice(2), {
    env: here.env,
    stdin: here.stdin,
    out: text => void here.stdout.write(text),
    err: text => void here.stderr.write(text),
    isErrTerminal: here.stderr.isTTY === true,
    home: homedir(),
    now: () => Date.now(),
  });
}

function programOf(say: Say, shell: Shell): Command {
  const titles: Readonly<Record<string, WordKey>> = {
    'Usage:': 'help.usage',
    'Options:': 'help.options',
    'Global Options:': 'help.global-options',
    'Commands:': 'help.commands',
    'Arguments:': 'help.arguments',
  };
  return new Command('thingward')
    .description(say('program'))
    .version('0.1.0', '-V, --version', say('option.version'))
    .helpOption('-h, --help', say('option.help'))
    .helpCommand('help [command]', say('help.command'))
    .option('--json', say('option.json'))
    .option('--lang <en|zh>', say('option.lang'))
    .option('--party <number>', say('option.party'))
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: title => {
        const key = titles[title];
        return key === undefined ? title : say(key);
      },
    })
    .configureOutput({
      writeOut: text => shell.out(text),
      writeErr: text => shell.err(text),
      // Told by `tell`, in the language asked for.
      outputError: () => undefined,
    })
    .exitOverride();
}

function tell(fault: unknown, shell: Shell, say: Say, isJson: boolean): number {
  if (fault instanceof CommanderError) return tellUsage(fault, shell, say);
  if (fault instanceof UsageFault) {
    shell.err(`${fault.message}\n`);
    return 2;
  }
  if (isJson && fault instanceof Refused) {
    shell.err(`${JSON.stringify({ status: fault.status, ...fault.problem }, null, 2)}\n`);
    return 1;
  }
  for (const sentence of sentencesOf(fault, say)) shell.err(`${plain(sentence)}\n`);
  return 1;
}

function sentencesOf(fault: unknown, say: Say): readonly string[] {
  if (fault instanceof Refused) {
    const { title, detail, mend, code, subject, facts, faults, instance } = fault.problem;
    const name = code === undefined ? '' : ` (${code})`;
    const next = mend ?? (fault.status === 401 ? say('fault.sign-in-again') : undefined);
    const said = (title ?? say('fault.refused', { status: fault.status })) + name;
    const places = (faults ?? []).map(each => `  ${each.at ?? ''} ${each.message ?? ''}`.trimEnd());
    const told = [said, detail ?? subject ?? '', next ?? ''].join(' ');
    const known = Object.entries(facts ?? {})
      .filter(([, value]) => !told.includes(String(value)))
      .map(([what, value]) => `  ${what}: ${value}`);
    return [
      said,
      detail ?? subject,
      ...places,
      ...known,
      next,
      fault.status >= 500 ? instance : undefined,
    ].filter((sentence): sentence is string => sentence !== undefined);
  }
  if (fault instanceof Unreachable) {
    return [
      say('fault.unreachable', { url: fault.url, cause: fault.message }),
      say('fault.unreachable.mend'),
    ];
  }
  if (fault instanceof Fault) return fault.message.split('\n');
  const code = (fault as NodeJS.ErrnoException | undefined)?.code;
  const path = (fault as NodeJS.ErrnoException | undefined)?.path ?? '';
  if (code === 'ENOENT') return [say('fault.no-file', { path })];
  if (code === 'EACCES' || code === 'EPERM') return [say('fault.no-access', { path })];
  return [say('fault.unexpected', { what: fault instanceof Error ? fault.message : String(fault) })];
}

function tellUsage(fault: CommanderError, shell: Shell, say: Say): number {
  if (fault.exitCode === 0) return 0;
  if (fault.code !== 'commander.help') {
    const named = /'([^']*)'/.exec(fault.message)?.[1] ?? '';
    const key = `usage.${fault.code.replace('commander.', '')}`;
    const sentence = sayValue(
      say('language') === 'zh' ? 'zh' : 'en',
      'usage',
      fault.code.replace('commander.', ''),
    );
    const isKnown = sentence !== key.slice('usage.'.length);
    shell.err(
      `${isKnown ? sentence.replace('{named}', plain(named)) : fault.message}\n${say('usage.see-help')}\n`,
    );
  }
  return 2;
}

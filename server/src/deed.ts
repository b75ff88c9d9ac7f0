import { toldRefusal } from './api/start-refusal.ts';
import { type Config, readConfig } from './config.ts';
import { isRefusal, Refusal } from './kernel/refusal.ts';

/** What a deed at the command line was told. */
export interface Usage {
  readonly config: Config;
  readonly words: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
}

/** Parts a deed's own words, flags and values from the settings every start understands (`--data`, the environment). */
export function usageOf(args: readonly string[], flags: readonly string[], valued: readonly string[]): Usage {
  const words: string[] = [];
  const given = new Set<string>();
  const values = new Map<string, string>();
  const settings: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (flags.includes(arg)) given.add(arg);
    else if (valued.includes(arg)) values.set(arg, args[++i] ?? '');
    else if (arg === '--data') settings.push(arg, args[++i] ?? '');
    else if (arg === '--lang') i++;
    else words.push(arg);
  }
  return { config: readConfig(undefined, settings), words, flags: given, values };
}

/**
 * Runs one deed of the server's own at the command line: prints one JSON document, what was done or
 * `{error, subject, facts, told: {en, zh}, said}`, and exits 0 or 1.
 */
export async function runDeed(deed: (args: readonly string[]) => Promise<object>): Promise<void> {
  try {
    say(await deed(process.argv.slice(2)));
  } catch (thrown) {
    const refusal = isRefusal(thrown) ? thrown : new Refusal('start-failed', { cause: thrown });
    say({
      error: refusal.code,
      subject: refusal.subject ?? null,
      facts: refusal.detail,
      told: toldRefusal(thrown),
      said: saidOf(thrown),
    });
    process.exitCode = 1;
  }
}

/** The words of the database or system, for what nobody foresaw and for what only they explain; null where there are none. */
function saidOf(thrown: unknown): string | null {
  if (!isRefusal(thrown)) return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return typeof thrown.detail['said'] === 'string' ? thrown.detail['said'] : null;
}

function say(document: object): void {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

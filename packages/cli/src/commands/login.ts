import type { Command } from 'commander';
import type { Me, SignedIn } from '../answers.ts';
import { keepCredentials } from '../credentials.ts';
import type { Desk } from '../desk.ts';
import { type Asking, asking, secretIn } from '../secret.ts';
import { Refused, serverAt } from '../server.ts';
import { Fault, UsageFault } from '../shell.ts';

interface LoginOptions {
  readonly email?: string;
  readonly passwordFile?: string;
  readonly newPasswordFile?: string;
  readonly code?: string;
}

export function addLogin(program: Command, desk: Desk): void {
  const { say } = desk;
  program
    .command('login')
    .description(say('login'))
    .argument('[url]', say('login.url'))
    .option('--email <address>', say('login.email'))
    .option('--password-file <file>', say('login.password-file'))
    .option('--new-password-file <file>', say('login.new-password-file'))
    .option('--code <code>', say('login.code'))
    .action(async (url: string | undefined, options: LoginOptions) => {
      const base = checkedUrl(desk, url ?? desk.shell.env['THINGWARD_URL']);
      const lines = asking(desk);
      try {
        await signIn(desk, base, options, lines);
      } finally {
        lines.close();
      }
    });
}

async function signIn(desk: Desk, base: string, options: LoginOptions, lines: Asking): Promise<void> {
  const { say } = desk;
  const email = options.email ?? (await lines.ask(say('login.ask-email')));
  const password =
    options.passwordFile === undefined
      ? await lines.askSecret(say('login.ask-password'))
      : await secretIn(options.passwordFile);
  const server = serverAt(base, undefined, desk.language);
  const answer = await entered(desk, server, { email, password }, options, lines);
  if (answer.token === undefined) throw new Fault(say('login.no-token'));
  const path = await keepCredentials(desk.shell, { url: base, token: answer.token, email });
  const me = await serverAt(base, answer.token, desk.language).get<Me>('/api/v1/me');
  desk.answer({ url: base, email, keptIn: path, me }, () => {
    desk.line(say('login.done', { who: me.label ?? email, url: base }));
    desk.line(say('login.kept', { path }));
  });
}

/** Sends what is known, and asks for what the server then wants besides: a code, a password of one's own. */
async function entered(
  desk: Desk,
  server: ReturnType<typeof serverAt>,
  known: Readonly<Record<string, string>>,
  options: LoginOptions,
  lines: Asking,
): Promise<SignedIn> {
  try {
    return await server.post<SignedIn>('/api/v1/login', known);
  } catch (fault) {
    const wanted = fault instanceof Refused ? fault.problem.code : '';
    if (wanted === 'second-factor-needed' && known['code'] === undefined) {
      const code = options.code ?? (await lines.ask(desk.say('login.ask-code')));
      return entered(desk, server, { ...known, code }, options, lines);
    }
    if (wanted === 'new-password-needed' && known['newPassword'] === undefined) {
      const newPassword = await chosenPassword(desk, options, lines);
      return entered(desk, server, { ...known, newPassword }, options, lines);
    }
    throw fault;
  }
}

async function chosenPassword(desk: Desk, options: LoginOptions, lines: Asking): Promise<string> {
  if (options.newPasswordFile !== undefined) return secretIn(options.newPasswordFile);
  desk.shell.err(`${desk.say('login.one-time')}\n`);
  const first = await lines.askSecret(desk.say('login.ask-new-password'));
  const again = await lines.askSecret(desk.say('login.ask-again'));
  if (first !== again) throw new UsageFault(desk.say('login.differ'));
  return first;
}

function checkedUrl(desk: Desk, url: string | undefined): string {
  if (url === undefined) throw new UsageFault(desk.say('login.which-url'));
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw new UsageFault(desk.say('login.bad-url', { url }));
  return url.replace(/\/+$/, '');
}

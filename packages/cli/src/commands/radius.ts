import type { Command } from 'commander';
import type { Page } from '../answers.ts';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import { UsageFault } from '../shell.ts';
import { plain } from '../table.ts';
import { sourceNamed } from './source-named.ts';

/** GET /radius/clients */
interface Client {
  readonly id?: number;
  readonly name?: string;
  readonly address?: string;
  readonly direction?: string | null;
  readonly fault?: string | null;
  readonly looksSwapped?: boolean;
  readonly endedAt?: string | null;
}

/** GET /radius/sessions */
interface Session {
  readonly claim?: string;
  readonly nas?: string;
  readonly begunAt?: string;
  readonly heardAt?: string;
  readonly closedBy?: string | null;
  readonly answer?: string | null;
  readonly changeAnswer?: string | null;
}

interface AddOptions {
  readonly address: string;
  readonly source: string;
  readonly secretFile: string;
  readonly direction?: string;
  readonly port?: string;
  readonly silence?: string;
  readonly hmac?: boolean;
}

export function addRadius(program: Command, desk: Desk): void {
  const { say } = desk;
  const radius = program.command('radius').description(say('radius'));
  asList(radius.command('clients').description(say('radius.clients')), say).action(
    async (options: ListOptions) => {
      const page = await listOf<Client>(desk, await desk.server(), '/api/v1/radius/clients', options);
      desk.answer(page, () => showClients(desk, page));
    },
  );
  radius
    .command('add')
    .description(say('radius.add'))
    .argument('<name>', say('radius.name'))
    .requiredOption('--address <address>', say('radius.address'))
    .requiredOption('--source <source>', say('radius.source'))
    .requiredOption('--secret-file <file>', say('radius.secret-file'))
    .option('--direction <direction>', say('radius.direction'))
    .option('--port <port>', say('radius.port'))
    .option('--silence <seconds>', say('radius.silence'))
    .option('--hmac', say('radius.hmac'))
    .action(async (name: string, options: AddOptions) => {
      const server = await desk.server();
      const { id: sourceId } = await sourceNamed(desk, server, options.source);
      const { address, secretFile, direction, port, silence, hmac } = options;
      const made = await server.post<{ id?: number }>('/api/v1/radius/clients', {
        ...{ name, address, secretFile, sourceId },
        ...(direction === undefined ? {} : { direction }),
        ...(port === undefined ? {} : { port: whole(desk, port) }),
        ...(silence === undefined ? {} : { silenceMs: whole(desk, silence) * 1_000 }),
        ...(hmac === true ? { needsHmac: true } : {}),
      });
      desk.answer(made, () => desk.line(say('radius.added', { name: plain(name), id: made.id ?? '' })));
    });
  radius
    .command('end')
    .description(say('radius.end'))
    .argument('<client>', say('radius.id'))
    .action(async (client: string) => {
      const answer = await (await desk.server()).delete<object>(`/api/v1/radius/clients/${segment(client)}`);
      desk.answer(answer, () => desk.line(say('radius.ended', { id: plain(client) })));
    });
  asList(radius.command('sessions').description(say('radius.sessions')), say)
    .option('--claim <claim>', say('radius.claim'))
    .option('--all', say('radius.all'))
    .action(async ({ claim, all, ...options }: ListOptions & { claim?: string; all?: boolean }) => {
      const query = { open: String(all !== true), claim };
      const path = '/api/v1/radius/sessions';
      const page = await listOf<Session>(desk, await desk.server(), path, options, query);
      desk.answer(page, () => showSessions(desk, page));
    });
}

function showClients(desk: Desk, page: Page<Client>): void {
  const { say } = desk;
  const trouble = (client: Client): string => {
    const what = client.fault ?? (client.looksSwapped === true ? 'swapped' : null);
    return desk.value('radius-trouble', what);
  };
  desk.rows(
    [
      { heading: say('column.id'), cell: client => String(client.id ?? '') },
      { heading: say('column.name'), cell: client => client.name ?? '' },
      { heading: say('radius.column.address'), cell: client => client.address ?? '' },
      {
        heading: say('radius.column.direction'),
        cell: client => desk.value('radius-direction', client.direction),
      },
      { heading: say('radius.column.trouble'), cell: trouble },
      { heading: say('radius.column.ended'), cell: client => desk.time(client.endedAt) },
    ],
    page,
    say('radius.none'),
  );
}

function showSessions(desk: Desk, page: Page<Session>): void {
  const { say } = desk;
  desk.rows(
    [
      { heading: say('radius.column.card'), cell: session => session.claim ?? '' },
      { heading: say('radius.column.server'), cell: session => session.nas ?? '' },
      { heading: say('radius.column.begun'), cell: session => desk.time(session.begunAt) },
      { heading: say('radius.column.heard'), cell: session => desk.time(session.heardAt) },
      {
        heading: say('radius.column.closed'),
        cell: session => desk.value('radius-closed', session.closedBy),
      },
      { heading: say('radius.column.answer'), cell: session => session.answer ?? '' },
      { heading: say('radius.column.change'), cell: session => session.changeAnswer ?? '' },
    ],
    page,
    say('radius.no-sessions'),
  );
}

function whole(desk: Desk, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageFault(desk.say('radius.bad-number'));
  return Number(text);
}

import type { Command } from 'commander';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import { UsageFault } from '../shell.ts';
import { plain } from '../table.ts';

interface Colleague {
  readonly id?: string;
  readonly email?: string;
  readonly name?: string;
  readonly roles?: readonly { readonly partyId?: number; readonly role?: string }[];
}
interface Made extends Colleague {
  readonly oneTimePassword?: string;
}

const PATH = '/api/v1/people';

/** `people …`: who works here and in which role; a one-time password is shown once, when it is made. */
export function addPeople(program: Command, desk: Desk): void {
  const people = program.command('people').description(desk.say('people'));
  addLooking(people, desk);
  addEntering(people, desk);
  addRoles(people, desk);
}

function addLooking(people: Command, desk: Desk): void {
  const { say } = desk;
  asList(people.command('list').description(say('people.list')), say).action(async (options: ListOptions) => {
    const page = await listOf<Colleague>(desk, await desk.server(), PATH, options);
    desk.answer(page, () =>
      desk.rows(
        [
          { heading: say('people.id'), cell: row => row.id ?? '' },
          { heading: say('column.name'), cell: row => row.name ?? '' },
          { heading: say('people.email'), cell: row => row.email ?? '' },
          { heading: say('people.roles'), cell: row => rolesOf(desk, row) },
        ],
        page,
        say('people.none'),
      ),
    );
  });
}

/** Roles at a party of its own bear its number. */
function rolesOf(desk: Desk, { roles = [] }: Colleague): string {
  return roles.map(({ role, partyId }) => `${desk.value('role', role)} (${partyId ?? ''})`).join(', ');
}

function addEntering(people: Command, desk: Desk): void {
  const { say } = desk;
  people
    .command('add')
    .description(say('people.add'))
    .argument('<email>', say('people.email-of'))
    .requiredOption('--name <name>', say('people.name'))
    .requiredOption('--role <role>', say('people.role'))
    .option('--at <party>', say('people.at'))
    .action(async (email: string, { name, role, at }: { name: string; role: string; at?: string }) => {
      const body = { email, name, role, ...partyOf(desk, at) };
      tell(desk, await (await desk.server()).post<Made>(PATH, body), 'people.added');
    });
  people
    .command('reset')
    .description(say('people.reset'))
    .argument('<person>', say('people.person'))
    .action(async (id: string) => {
      const path = `${PATH}/${segment(id)}/one-time-password`;
      tell(desk, { id, ...(await (await desk.server()).post<Made>(path, {})) }, 'people.was-reset');
    });
}

function addRoles(people: Command, desk: Desk): void {
  const { say } = desk;
  const deed = (name: 'grant' | 'withdraw') =>
    people
      .command(name)
      .description(say(`people.${name}`))
      .argument('<person>', say('people.person'))
      .argument('<role>', say('people.role'))
      .option('--at <party>', say('people.at'));
  deed('grant').action(async (id: string, role: string, { at }: { at?: string }) => {
    await (await desk.server()).post(`${PATH}/${segment(id)}/roles`, { role, ...partyOf(desk, at) });
    done(desk, id);
  });
  deed('withdraw').action(async (id: string, role: string, { at }: { at?: string }) => {
    const { partyId } = partyOf(desk, at);
    const query = partyId === undefined ? '' : `?partyId=${partyId}`;
    await (await desk.server()).delete(`${PATH}/${segment(id)}/roles/${segment(role)}${query}`);
    done(desk, id);
  });
  people
    .command('shut-out')
    .description(say('people.shut-out'))
    .argument('<person>', say('people.person'))
    .action(async (id: string) => {
      await (await desk.server()).post(`${PATH}/${segment(id)}/shut-out`, {});
      done(desk, id);
    });
}

function done(desk: Desk, id: string): void {
  desk.answer({ id }, () => desk.line(desk.say('people.done', { person: plain(id) })));
}

function tell(desk: Desk, made: Made, sentence: 'people.added' | 'people.was-reset'): void {
  const { id = '', email = '', oneTimePassword = '' } = made;
  desk.answer(made, () => {
    desk.line(desk.say(sentence, { person: plain(id), email: plain(email) }));
    desk.line(desk.say('people.password', { password: plain(oneTimePassword) }));
  });
}

function partyOf(desk: Desk, text: string | undefined): { readonly partyId?: number } {
  if (text === undefined) return {};
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new UsageFault(desk.say('fault.party'));
  return { partyId: Number(text) };
}

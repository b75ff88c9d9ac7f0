import type { Command } from 'commander';
import type { Page } from '../answers.ts';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import { Fault, UsageFault } from '../shell.ts';
import { plain } from '../table.ts';

interface Key {
  readonly id?: string;
  readonly title?: string;
  readonly scopes?: readonly string[];
  readonly subject?: number | null;
  readonly expiresAt?: string | null;
  readonly revokedAt?: string | null;
}
interface MakeOptions {
  readonly scopes: string;
  readonly title?: string;
  readonly days?: string;
}

const PATH = '/api/v1/api-keys';

/** `camara keys`: keys that stand for one card, as a device's own token does (three-legged; C-53). */
export function addKeysOfCards(camara: Command, desk: Desk): void {
  const { say } = desk;
  const keys = camara.command('keys').description(say('camara.keys'));
  keys
    .command('make')
    .description(say('camara.keys.make'))
    .argument('<iccid>', say('camara.watch.iccid'))
    .requiredOption('--scopes <rights>', say('camara.keys.scopes'))
    .option('--title <title>', say('camara.keys.title'))
    .option('--days <n>', say('camara.keys.days'))
    .action(async (iccid: string, { scopes, title, days }: MakeOptions) => {
      if (days !== undefined && !/^[1-9]\d{0,3}$/.test(days))
        throw new UsageFault(say('camara.keys.bad-days'));
      const subject = await subjectOf(desk, iccid);
      const expires = days === undefined ? {} : { expiresInDays: Number(days) };
      const rights = scopes.split(',').map(each => each.trim());
      const body = { title: title ?? `card ${iccid}`, scopes: rights, subject, ...expires };
      const made = await (await desk.server()).post<{ id?: string; key?: string }>(PATH, body);
      desk.answer(made, () => desk.line(plain(made.key ?? '')));
    });
  asList(keys.command('list').description(say('camara.keys.list')), say).action(
    async (options: ListOptions) => {
      const all = await listOf<Key>(desk, await desk.server(), PATH, options);
      const page = { ...all, items: (all.items ?? []).filter(key => key.subject != null) };
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.id'), cell: key => plain(key.id ?? '') },
            { heading: say('column.name'), cell: key => plain(key.title ?? '') },
            { heading: say('camara.subject'), cell: key => String(key.subject ?? '') },
            {
              heading: say('column.due'),
              cell: key => desk.time(key.revokedAt ?? key.expiresAt ?? undefined),
            },
          ],
          page,
          say('camara.keys.none'),
        ),
      );
    },
  );
  keys
    .command('end')
    .description(say('camara.keys.end'))
    .argument('<key>', say('camara.keys.key'))
    .action(async (id: string) => {
      await (await desk.server()).delete<object>(`${PATH}/${segment(id)}`);
      desk.answer({ id }, () => desk.line(say('camara.keys.ended', { id: plain(id) })));
    });
}

/** The number the server knows a card by. */
async function subjectOf(desk: Desk, iccid: string): Promise<number> {
  const server = await desk.server();
  const path = `/api/v1/subjects?claim=${segment(`iccid:${iccid}`)}`;
  const { items = [] } = await server.get<Page<{ id?: number }>>(path);
  const [found] = items;
  if (items.length !== 1 || found?.id === undefined)
    throw new Fault(desk.say('camara.keys.no-card', { iccid: plain(iccid) }));
  return found.id;
}

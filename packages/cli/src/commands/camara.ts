import type { Command } from 'commander';
import { type Desk, segment } from '../desk.ts';
import { plain } from '../table.ts';
import { addKeysOfCards } from './camara-keys.ts';
import { addWatches } from './camara-watches.ts';

/** A subscription as CAMARA's contract shows it. */
interface Subscription {
  readonly id?: string;
  readonly sink?: string;
  readonly types?: readonly string[];
  readonly config?: { readonly subscriptionDetail?: { readonly device?: Readonly<Record<string, unknown>> } };
  readonly expiresAt?: string;
  readonly status?: string;
}

const PATH = '/api/v1/camara/iot-sim-fraud-prevention-subscriptions/vwip/subscriptions';

/** `camara list` and `camara end`: who is told of cards through CAMARA's subscriptions (C-53). */
export function addCamara(program: Command, desk: Desk): void {
  const { say } = desk;
  const camara = program.command('camara').description(say('camara'));
  camara
    .command('list')
    .description(say('camara.list'))
    .option('--live', say('camara.live'))
    .action(async ({ live }: { live?: boolean }) => {
      const query = live === true ? '?live=true' : '';
      const items = await (await desk.server()).get<readonly Subscription[]>(`${PATH}${query}`);
      desk.answer(items, () =>
        desk.rows(
          [
            { heading: say('column.id'), cell: row => plain(row.id ?? '') },
            { heading: say('column.kind'), cell: row => plain(row.types?.[0]?.split('.').at(-1) ?? '') },
            { heading: say('column.card'), cell: row => plain(deviceOf(row)) },
            { heading: say('camara.sink'), cell: row => plain(row.sink ?? '') },
            { heading: say('column.due'), cell: row => desk.time(row.expiresAt) },
            { heading: say('column.state'), cell: row => desk.value('subscription', row.status) },
          ],
          { items },
          say('camara.none'),
        ),
      );
    });
  camara
    .command('end')
    .description(say('camara.end'))
    .argument('<subscription>', say('camara.subscription'))
    .action(async (id: string) => {
      await (await desk.server()).delete<object>(`${PATH}/${segment(id)}`);
      desk.answer({ id, status: 'DELETED' }, () => desk.line(say('camara.ended', { id: plain(id) })));
    });
  addWatches(camara, desk);
  addKeysOfCards(camara, desk);
}

/** The one identifier that the card was found by. */
function deviceOf({ config }: Subscription): string {
  const told = Object.values(config?.subscriptionDetail?.device ?? {})[0];
  return typeof told === 'string' ? told : '';
}

import type { Command } from 'commander';
import type { Page } from '../answers.ts';
import { type Desk, segment } from '../desk.ts';
import { UsageFault } from '../shell.ts';
import { plain } from '../table.ts';

interface Watch {
  readonly id?: string;
  readonly provider?: number;
  readonly event?: string;
  readonly device?: { readonly phoneNumber?: string };
  readonly told?: number;
  readonly state?: string;
  readonly lastAnswer?: string | null;
  readonly endReason?: string | null;
  readonly until?: string;
}
interface Hold {
  readonly held?: boolean | null;
  readonly refused?: string;
  readonly imei?: string;
  readonly area?: { readonly latitude?: number; readonly longitude?: number; readonly radius?: number };
}

const PATH = '/api/v1/camara-watches';

/** `camara watch`, `watches`, `unwatch`, `ask`: what other operators are asked of cards by CAMARA's contract (C-53). */
export function addWatches(camara: Command, desk: Desk): void {
  const { say } = desk;
  camara
    .command('watch')
    .description(say('camara.watch'))
    .argument('<provider>', say('camara.watch.provider'))
    .argument('<iccid>', say('camara.watch.iccid'))
    .argument('<event>', say('camara.watch.event'))
    .option('--until <time>', say('camara.watch.until'))
    .option('--max-events <n>', say('camara.watch.max'))
    .action(async (provider: string, iccid: string, event: string, options: Options) => {
      const body = { provider: Number(provider), iccid, event, ...wanted(desk, options) };
      const made = await (await desk.server()).post<Watch>(PATH, body);
      desk.answer(made, () => desk.line(say('camara.watched', { id: plain(made.id ?? '') })));
    });
  camara
    .command('watches')
    .description(say('camara.watches'))
    .action(async () => {
      const page = await (await desk.server()).get<Page<Watch>>(PATH);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.id'), cell: row => plain(row.id ?? '') },
            { heading: say('column.kind'), cell: row => plain(row.event ?? '') },
            { heading: say('column.card'), cell: row => plain(row.device?.phoneNumber ?? '') },
            { heading: say('column.due'), cell: row => desk.time(row.until) },
            { heading: say('column.state'), cell: row => stateOf(desk, row) },
          ],
          page,
          say('camara.watches.none'),
        ),
      );
    });
  camara
    .command('unwatch')
    .description(say('camara.unwatch'))
    .argument('<watch>', say('camara.unwatch.id'))
    .action(async (id: string) => {
      await (await desk.server()).delete<object>(`${PATH}/${segment(id)}`);
      desk.answer({ id }, () => desk.line(say('camara.unwatched', { id: plain(id) })));
    });
  camara
    .command('ask')
    .description(say('camara.ask'))
    .argument('<provider>', say('camara.watch.provider'))
    .argument('<iccid>', say('camara.watch.iccid'))
    .action(async (provider: string, iccid: string) => {
      const path = `/api/v1/camara-holds?provider=${segment(provider)}&iccid=${segment(iccid)}`;
      const now = await (await desk.server()).get<{ device?: Hold; area?: Hold }>(path);
      desk.answer(now, () =>
        desk.pairs([
          [say('camara.ask.device'), holdText(desk, now.device)],
          [say('camara.ask.area'), holdText(desk, now.area)],
        ]),
      );
    });
}

interface Options {
  readonly until?: string;
  readonly maxEvents?: string;
}

function wanted(desk: Desk, { until, maxEvents }: Options): object {
  if (maxEvents !== undefined && !/^[1-9]\d{0,6}$/.test(maxEvents))
    throw new UsageFault(desk.say('camara.watch.bad-max'));
  return {
    ...(until === undefined ? {} : { until }),
    ...(maxEvents === undefined ? {} : { maxEvents: Number(maxEvents) }),
  };
}

/** The state, and why it ended or what the operator last said where that is no success. */
function stateOf(desk: Desk, { state, endReason, lastAnswer }: Watch): string {
  const why = endReason ?? (lastAnswer === 'ok' ? null : lastAnswer);
  const word = desk.value('watch-state', state);
  return why == null ? word : `${word} (${plain(why)})`;
}

function holdText(desk: Desk, { held, refused, imei, area }: Hold = {}): string {
  if (refused !== undefined) return plain(refused);
  const told = area === undefined ? imei : `${area.latitude}, ${area.longitude}, ${area.radius} m`;
  const word = desk.value('yes-no', held === true ? 'yes' : 'no');
  return told === undefined ? word : `${word} (${plain(told)})`;
}

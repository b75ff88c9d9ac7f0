import type { Command } from 'commander';
import type { Page, Provider } from '../answers.ts';
import { type Desk, jsonObject, segment } from '../desk.ts';
import { UsageFault } from '../shell.ts';
import { plain } from '../table.ts';

interface CardAtProvider {
  readonly reference?: string;
  readonly word?: string;
  readonly standing?: string;
}
interface State {
  readonly restricted?: boolean | null;
  readonly unclear?: string | null;
  readonly since?: string;
}
interface Usage {
  readonly bytes?: number | null;
  readonly exact?: boolean;
  readonly period?: string;
}

/** What a provider is signed in at with, and what it is asked directly. */
export function addCarriers(providers: Command, desk: Desk): void {
  const { say } = desk;
  providers
    .command('secrets')
    .description(say('providers.secrets'))
    .argument('<number>', say('providers.number'))
    .argument('<file>', say('providers.secrets-file'))
    .action(async (id: string, path: string) => {
      const fields = await jsonObject(desk, path);
      if (Object.values(fields).some(value => typeof value !== 'string'))
        throw new UsageFault(say('providers.secrets-no-text', { path }));
      const server = await desk.server();
      const kept = await server.put<Provider>(`/api/v1/providers/${segment(id)}/credentials`, { fields });
      const url = String(kept.settings?.['url'] ?? '');
      const host = URL.canParse(url) ? new URL(url).host : '';
      desk.answer(kept, () => desk.line(say('providers.secrets-kept', { id: plain(id), host: plain(host) })));
    });
  ask(providers, desk, 'state', say('providers.state'), (state: State) => [
    [
      say('providers.restricted'),
      state.unclear ? plain(state.unclear) : desk.value('yes-no', state.restricted === true ? 'yes' : 'no'),
    ],
    [say('providers.since'), desk.time(state.since)],
  ]);
  ask(providers, desk, 'usage', say('providers.usage'), (usage: Usage) => {
    const bytes = String(usage.bytes ?? '');
    const isAbout = usage.exact !== true && bytes !== '';
    return [
      [say('providers.bytes'), isAbout ? say('providers.about', { bytes }) : bytes],
      [say('providers.period'), plain(usage.period ?? '')],
    ];
  });
  providers
    .command('cards')
    .description(say('providers.cards'))
    .argument('<number>', say('providers.number'))
    .option('--after <mark>', say('option.after'))
    .action(async (id: string, { after }: { after?: string }) => {
      const server = await desk.server();
      const query = after === undefined ? '' : `?after=${segment(after)}`;
      const page = await server.get<Page<CardAtProvider>>(`/api/v1/providers/${segment(id)}/cards${query}`);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.card'), cell: card => plain(card.reference ?? '') },
            { heading: say('column.word'), cell: card => plain(card.word ?? '') },
            { heading: say('column.comes-to'), cell: card => desk.value('standing', card.standing) },
          ],
          page,
          say('providers.no-cards'),
        ),
      );
    });
}

function ask<Answer>(
  providers: Command,
  desk: Desk,
  name: string,
  description: string,
  told: (answer: Answer) => readonly (readonly [string, string])[],
): void {
  providers
    .command(name)
    .description(description)
    .argument('<number>', desk.say('providers.number'))
    .argument('<iccid>', desk.say('providers.iccid'))
    .action(async (id: string, iccid: string) => {
      const server = await desk.server();
      const answer = await server.get<Answer>(
        `/api/v1/providers/${segment(id)}/${name}?card=${segment(iccid)}`,
      );
      desk.answer(answer, () => desk.pairs(told(answer)));
    });
}

import type { Command } from 'commander';
import type { Provider } from '../answers.ts';
import { asList, type Desk, type ListOptions, listOf } from '../desk.ts';

export function addProviders(program: Command, desk: Desk): void {
  const { say } = desk;
  asList(program.command('providers').description(say('providers')), say).action(
    async (options: ListOptions) => {
      const page = await listOf<Provider>(desk, await desk.server(), '/api/v1/providers', options);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.id'), cell: provider => String(provider.id ?? '') },
            { heading: say('column.name'), cell: provider => provider.name ?? '' },
            { heading: say('column.adapter'), cell: provider => provider.adapter ?? '' },
          ],
          page,
          say('providers.none'),
        ),
      );
    },
  );
}

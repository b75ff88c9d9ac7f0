import type { Command } from 'commander';
import type { Desk } from '../desk.ts';
import { plain } from '../table.ts';

interface Succession {
  readonly origin: string;
  readonly follows: string;
  readonly treeSize: number;
  readonly newestSize: number;
}

export function addLedger(program: Command, desk: Desk): void {
  const { say } = desk;
  program
    .command('ledger')
    .description(say('ledger'))
    .command('succeed')
    .description(say('ledger.succeed'))
    .requiredOption('--reason <text>', say('ledger.reason'))
    .action(async ({ reason }: { reason: string }) => {
      const server = await desk.server();
      const made = await server.post<Succession>('/api/v1/ledger/succession', { reason });
      desk.answer(made, () =>
        desk.line(
          say('ledger.succeeded', {
            origin: plain(made.origin),
            follows: plain(made.follows),
            size: made.treeSize,
            newest: made.newestSize,
          }),
        ),
      );
    });
}

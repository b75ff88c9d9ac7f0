import type { Command } from 'commander';
import type { Evidence } from '../answers.ts';
import { type Desk, segment } from '../desk.ts';
import { writeEvidence } from '../evidence-folder.ts';
import { plain } from '../table.ts';

export function addEvidence(program: Command, desk: Desk): void {
  const { say } = desk;
  program
    .command('evidence')
    .description(say('evidence'))
    .argument('<case>', say('cases.id'))
    .requiredOption('--out <folder>', say('evidence.out'))
    .action(async (id: string, options: { out: string }) => {
      const evidence = await (await desk.server()).get<Evidence>(`/api/v1/cases/${segment(id)}/evidence`);
      const files = await writeEvidence(desk, options.out, id, evidence);
      desk.answer({ folder: options.out, files }, () => {
        for (const file of files) desk.line(`  ${plain(file)}`);
        desk.line(say('evidence.done', { id, folder: plain(options.out) }));
      });
    });
}

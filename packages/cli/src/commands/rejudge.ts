import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Desk } from '../desk.ts';
import { offline } from '../offline.ts';
import { Fault } from '../shell.ts';
import { showDocument } from './document-sheet.ts';

export function addRejudge(program: Command, desk: Desk): void {
  program
    .command('rejudge')
    .description(desk.say('rejudge'))
    .argument('<folder>', desk.say('rejudge.folder'))
    .action(async (folder: string) => {
      await stat(folder);
      const { document, isGood } = await offline(desk, ['rejudge', folder]);
      desk.answer(document, () => showDocument(desk, document));
      if (!isGood) throw new Fault(desk.say('rejudge.differs'));
      if (!desk.isJson()) desk.line(desk.say('rejudge.same'));
    });
}

import type { Command } from 'commander';
import type { Page } from '../answers.ts';
import type { Desk } from '../desk.ts';
import { queryOf } from '../server.ts';
import { plain } from '../table.ts';

interface Scene {
  readonly scene?: string;
  readonly told?: number;
  readonly both?: number;
  readonly theirsAlone?: number;
  readonly oursAlone?: number;
  readonly theirs?: readonly string[];
  readonly ours?: readonly string[];
  readonly rules?: readonly string[];
}

/** `findings compare`: a provider's findings, imported as `provider-findings`, beside ours (C-38). */
export function addCompare(findings: Command, desk: Desk): void {
  const { say } = desk;
  findings
    .command('compare')
    .description(say('findings.compare'))
    .option('--days <n>', say('findings.compare-days'), '30')
    .option('--within <n>', say('findings.compare-within'), '2')
    .action(async ({ days, within }: { days: string; within: string }) => {
      const path = `/api/v1/provider-findings/comparison${queryOf({ days, within })}`;
      const page = await (await desk.server()).get<Page<Scene>>(path);
      desk.answer(page, () => show(desk, page));
    });
}

function show(desk: Desk, page: Page<Scene>): void {
  const { say } = desk;
  desk.rows(
    [
      { heading: say('column.scene'), cell: row => row.scene ?? '' },
      { heading: say('column.told'), cell: row => String(row.told ?? 0) },
      { heading: say('column.both'), cell: row => String(row.both ?? 0) },
      { heading: say('column.theirs-alone'), cell: row => String(row.theirsAlone ?? 0) },
      { heading: say('column.ours-alone'), cell: row => String(row.oursAlone ?? 0) },
      { heading: say('column.rules'), cell: row => (row.rules ?? []).join(' ') },
    ],
    page,
    say('findings.compare-none'),
  );
  for (const { scene = '', theirs = [], ours = [] } of page.items ?? []) {
    const lists = [
      ['findings.compare-theirs', theirs],
      ['findings.compare-ours', ours],
    ] as const;
    for (const [words, cards] of lists)
      if (cards.length > 0) desk.line(say(words, { scene: plain(scene), cards: plain(cards.join(' ')) }));
  }
}

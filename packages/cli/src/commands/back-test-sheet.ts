import type { BackTest, BackTestAgainst, BackTestHit } from '../answers.ts';
import type { Desk } from '../desk.ts';
import { plain } from '../table.ts';

/** What came of a back-test, for people. */
export function showBackTest(desk: Desk, test: BackTest): void {
  const { say } = desk;
  const { result } = test;
  desk.pairs([
    [say('column.id'), test.id],
    [say('column.rule'), `${test.ruleId ?? ''} ${test.version ?? ''}`.trim()],
    [say('column.state'), desk.value('backtest-state', test.state)],
    [say('column.from'), desk.time(test.from)],
    [say('column.to'), desk.time(test.to)],
    [say('column.actor'), test.askedBy],
  ]);
  if (test.fault) desk.line(plain(test.fault));
  if (!result) return;
  desk.pairs([
    [say('backtest.records'), result.records],
    [say('backtest.silences'), result.silences],
    [say('backtest.subjects'), result.subjects],
    [say('backtest.hits'), result.hits],
    [say('backtest.subjects-hit'), result.subjectsHit],
  ]);
  if (result.isVacuous === true) desk.line(say('backtest.vacuous'));
  showCounts(desk, say('backtest.silenced'), result.silenced);
  showCounts(desk, say('backtest.errors'), result.errors);
  showAgainst(desk, result.armed);
  const days = result.days ?? [];
  if (days.length > 0) {
    desk.line('');
    desk.rows(
      [
        { heading: say('backtest.day'), cell: row => row.day ?? '' },
        { heading: say('backtest.class-column'), cell: row => row.class ?? '' },
        { heading: say('backtest.hits'), cell: row => String(row.hits ?? '') },
      ],
      { items: days },
      '',
    );
  }
  showHits(desk, say('backtest.samples'), result.samples);
}

function showAgainst(desk: Desk, armed: BackTestAgainst | string | undefined): void {
  const { say } = desk;
  if (typeof armed === 'string') desk.line(desk.value('backtest-armed', armed));
  if (armed === undefined || typeof armed === 'string') return;
  const { kept = 0, added = 0, lost = 0, version = '' } = armed;
  desk.line(say('backtest.against', { version: plain(version), kept, added, lost }));
  const { keysKept = 0, keysAdded = 0, keysLost = 0 } = armed;
  desk.line(say('backtest.against-keys', { keysKept, keysAdded, keysLost }));
  showHits(desk, say('backtest.added'), armed.addedSamples);
  showHits(desk, say('backtest.lost'), armed.lostSamples);
}

function showCounts(desk: Desk, title: string, counts: Readonly<Record<string, number>> | undefined): void {
  for (const [name, count] of Object.entries(counts ?? {})) desk.line(`${title}: ${plain(name)} ${count}`);
}

function showHits(desk: Desk, title: string, hits: readonly BackTestHit[] | undefined): void {
  if (hits === undefined || hits.length === 0) return;
  desk.line('');
  desk.line(title);
  desk.rows(
    [
      { heading: desk.say('column.observed'), cell: hit => desk.time(hit.observedAt ?? hit.observedAtMs) },
      {
        heading: desk.say('column.subject'),
        cell: hit => plain(hit.reference ?? String(hit.subjectId ?? '')),
      },
      { heading: desk.say('backtest.rests-on'), cell: hit => JSON.stringify(shown(hit)) },
    ],
    { items: hits },
    '',
  );
}

/** What the condition and the guards read, without what they did not. */
function shown({ evidence }: BackTestHit): unknown {
  return { ...evidence?.observation, ...evidence?.bound, ...evidence?.state };
}

import { readFile } from 'node:fs/promises';
import {
  type FleetTruth,
  type Hours,
  type Score,
  type ScoredFinding,
  scoreOf,
  type Tally,
} from '@thingward/simulator';
import type { Command } from 'commander';
import type { Finding, Page } from '../answers.ts';
import type { Desk } from '../desk.ts';
import { listed } from '../server.ts';
import { Fault, UsageFault } from '../shell.ts';
import { plain } from '../table.ts';

interface ScoreOptions {
  readonly truth: string;
  readonly findings?: string;
}

/** More findings than a fleet of a million cards gives. */
const MOST_FINDINGS = 10_000_000;
const SHOWN = 20;

export function addScore(program: Command, desk: Desk): void {
  const { say } = desk;
  program
    .command('score')
    .description(say('score'))
    .requiredOption('--truth <file>', say('score.truth'))
    .option('--findings <file>', say('score.findings'))
    .action(async (options: ScoreOptions) => {
      const truth = await truthIn(desk, options.truth);
      const findings = await findingsOf(desk, options.findings);
      const score = scoreOf(
        truth,
        findings.filter(stands).map(finding => scored(desk, finding)),
      );
      desk.answer(score, () => show(desk, score));
    });
}

async function truthIn(desk: Desk, path: string): Promise<FleetTruth> {
  const truth = parsed(await readFile(path, 'utf8')) as Partial<FleetTruth> | undefined;
  if (truth?.format === 'thingward-truth/1' && Array.isArray(truth.cases) && Array.isArray(truth.lookAlikes))
    return truth as FleetTruth;
  throw new UsageFault(desk.say('score.no-truth', { path: plain(path) }));
}

/** Of the file, as `thingward findings list --json` prints them, or of the server that one is signed in to. */
async function findingsOf(desk: Desk, path: string | undefined): Promise<readonly Finding[]> {
  if (path === undefined) {
    const page = await listed<Finding>(await desk.server(), '/api/v1/findings', {}, MOST_FINDINGS);
    return page.items ?? [];
  }
  const read = parsed(await readFile(path, 'utf8')) as Page<Finding> | readonly Finding[] | undefined;
  const items = Array.isArray(read) ? read : (read as Page<Finding> | undefined)?.items;
  if (!Array.isArray(items)) throw new UsageFault(desk.say('score.no-findings', { path: plain(path) }));
  return items;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const stands = ({ standing }: Finding): boolean => standing !== 'withdrawn';

function scored(desk: Desk, { id, ruleId, subject, observedAt }: Finding): ScoredFinding {
  const atMs = typeof observedAt === 'number' ? observedAt : Date.parse(observedAt ?? '');
  if (ruleId === undefined || subject?.reference === undefined || Number.isNaN(atMs))
    throw new Fault(desk.say('score.unreadable', { id: plain(id ?? '') }));
  return { ruleId, card: subject.reference, atMs };
}

function show(desk: Desk, score: Score): void {
  const { say } = desk;
  desk.pairs([
    [say('score.detection'), `${score.detection.toFixed(4)} (${score.detected}/${score.planted})`],
    [say('score.false-alarms'), `${score.falseAlarms} (${say('score.of', { count: score.lookAlikes })})`],
    [say('score.median'), hours(score.hours?.median)],
    [say('score.worst'), hours(score.hours?.worst)],
    [say('score.counted-findings'), score.findings],
    [say('score.unseen'), say('score.unseen-of', { count: score.unseen, findings: score.setAside })],
  ]);
  for (const [heading, tallies] of [
    [say('score.by-rule'), score.byRule],
    [say('score.by-class'), score.byClass],
  ] as const) {
    desk.line('');
    showTallies(desk, heading, tallies);
  }
  if (score.missed.length > 0) desk.line(`\n${say('score.missed')}`);
  for (const each of score.missed.slice(0, SHOWN))
    desk.line(plain(`  ${each.cards[0] ?? ''} ${each.class} ${each.kind} → ${each.rule}`));
  if (score.alarms.length > 0) desk.line(`\n${say('score.alarms')}`);
  for (const each of score.alarms.slice(0, SHOWN))
    desk.line(plain(`  ${each.card} ${each.kind} ← ${each.ruleId} ${desk.time(each.atMs)}`));
}

function showTallies(desk: Desk, heading: string, tallies: readonly Tally[]): void {
  const { say } = desk;
  desk.rows(
    [
      { heading, cell: tally => tally.name },
      { heading: say('score.planted'), cell: tally => String(tally.planted) },
      { heading: say('score.detected'), cell: tally => String(tally.detected) },
      { heading: say('score.detection'), cell: tally => tally.detection.toFixed(4) },
      { heading: say('score.false-alarms'), cell: tally => String(tally.falseAlarms) },
      { heading: say('score.median'), cell: tally => hours(of(tally.hours, 'median')) },
      { heading: say('score.worst'), cell: tally => hours(of(tally.hours, 'worst')) },
    ],
    { items: tallies },
    '',
  );
}

const of = (found: Hours | null, name: keyof Hours): number | undefined => found?.[name];

function hours(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(1);
}

import { type Zone, zoneNamed } from '../rules/zone-time.ts';
import type { CaseEvent, ClockCatalogue, ClockRule } from './clock.ts';
import { type Due, dateOfDay, dueAt } from './due.ts';

/** A clock that has to run for a case from now on. */
export interface ArmedClock extends Due {
  readonly rule: ClockRule;
  /** `urn@version` of the catalogue it was read from; stored with the clock, so that a later edition changes nothing. */
  readonly catalogue: string;
}

/** Events that are about one task of a ladder. */
const OF_TASKS: readonly CaseEvent[] = ['task-proposed', 'task-done', 'task-left'];

/** Every clock in force at the event that starts with it for a subject of that kind; `task` is what the event is about. */
export function clocksStarting(
  catalogues: readonly ClockCatalogue[],
  event: CaseEvent,
  subjectKind: string,
  atMs: number,
  task: string | null = null,
): readonly ArmedClock[] {
  return catalogues.flatMap(catalogue => {
    const zone = zoneNamed(catalogue.zone) as Zone;
    if (!isInForce(catalogue, zone, atMs)) return [];
    return catalogue.clocks
      .filter(
        rule =>
          isAbout(rule, event, task) && rule.starts === event && rule.subjectKinds.includes(subjectKind),
      )
      .map(rule => ({
        rule,
        catalogue: `${catalogue.urn}@${catalogue.version}`,
        ...dueAt(atMs, rule.length, zone, rule.calendar),
      }));
  });
}

/** Ids of the clocks that the event meets. */
export function clocksMetBy(
  catalogues: readonly ClockCatalogue[],
  event: CaseEvent,
  task: string | null = null,
): readonly string[] {
  return catalogues.flatMap(({ clocks }) =>
    clocks.filter(rule => rule.meets.includes(event) && isAbout(rule, event, task)).map(rule => rule.id),
  );
}

function isAbout(rule: ClockRule, event: CaseEvent, task: string | null): boolean {
  return !OF_TASKS.includes(event) || rule.task === task;
}

/** The rule by its id, or null when the catalogue at hand no longer has it. */
export function clockRule(catalogues: readonly ClockCatalogue[], id: string): ClockRule | null {
  return catalogues.flatMap(({ clocks }) => clocks).find(rule => rule.id === id) ?? null;
}

function isInForce({ inForce }: ClockCatalogue, zone: Zone, atMs: number): boolean {
  const date = dateOfDay(zone.dayOf(atMs));
  return inForce.from <= date && (inForce.to === null || date <= inForce.to);
}

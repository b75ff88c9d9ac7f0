import { parse } from 'yaml';
import { Refusal } from '../../kernel/refusal.ts';
import { zoneNamed } from '../rules/zone-time.ts';
import {
  CASE_EVENTS,
  type Calendar,
  type ClockCatalogue,
  type ClockRule,
  LENGTH_UNITS,
  type Said,
  STANDINGS,
} from './clock.ts';

export type ClockCode = 'clock-catalogue-invalid';

type Fields = Readonly<Record<string, unknown>>;
type Fault = (path: string, wanted: string) => void;

/**
 * Reads a catalogue of clocks from its YAML text; `name` is what faults are reported under.
 *
 * Throws one `Refusal` (`clock-catalogue-invalid`) that names every fault. A clock that may be paused is a
 * fault as well: a case keeps no pauses yet, and a clock that silently ran on would be wrong.
 */
export function readClockCatalogue(text: string, name: string): ClockCatalogue {
  const faults: string[] = [];
  const fault: Fault = (path, wanted) => faults.push(`${path}: ${wanted}`);
  const catalogue = catalogueFrom(fieldsOf(parseYaml(text, fault), '$', fault), fault);
  if (faults.length > 0) {
    throw new Refusal<ClockCode>('clock-catalogue-invalid', {
      subject: name,
      detail: { faults: faults.join('; ') },
    });
  }
  return catalogue;
}

function parseYaml(text: string, fault: Fault): unknown {
  try {
    return parse(text, { schema: 'failsafe' }) as unknown;
  } catch (cause) {
    fault('$', cause instanceof Error ? cause.message : 'no YAML');
    return {};
  }
}

function catalogueFrom(top: Fields, fault: Fault): ClockCatalogue {
  const calendars = new Map(
    listOf(top['calendars'] ?? [], 'calendars', fault).map((item, i) => {
      const calendar = calendarFrom(fieldsOf(item, `calendars[${i}]`, fault), `calendars[${i}]`, fault);
      return [calendar.id, calendar] as const;
    }),
  );
  const zone = textOf(top['zone'], 'zone', fault);
  if (zone !== '' && zoneNamed(zone) === null) fault('zone', 'an IANA zone');
  const urn = textOf(top['urn'], 'urn', fault);
  if (!urn.startsWith('urn:')) fault('urn', 'a URN');
  oneOf(top['standing'], STANDINGS, 'standing', fault);
  const sources = listOf(top['source'], 'source', fault);
  if (sources.length === 0) fault('source', 'at least one source');
  const clocks = listOf(top['clocks'], 'clocks', fault).map((item, i) =>
    clockFrom(fieldsOf(item, `clocks[${i}]`, fault), `clocks[${i}]`, calendars, fault),
  );
  const ids = clocks.map(clock => clock.id);
  if (new Set(ids).size < ids.length) fault('clocks', 'each id once');
  return {
    urn,
    version: textOf(top['version'], 'version', fault),
    title: saidOf(top['title'], 'title', fault),
    zone,
    inForce: inForceFrom(fieldsOf(top['inForce'], 'inForce', fault), fault),
    clocks,
  };
}

function clockFrom(
  item: Fields,
  path: string,
  calendars: ReadonlyMap<string, Calendar>,
  fault: Fault,
): ClockRule {
  const length = fieldsOf(item['length'], `${path}.length`, fault);
  const n = Number(length['n']);
  if (!Number.isSafeInteger(n) || n <= 0) fault(`${path}.length.n`, 'a whole number above zero');
  const unit = oneOf(length['unit'], LENGTH_UNITS, `${path}.length.unit`, fault);
  const calendar = calendars.get(String(item['calendar'])) ?? null;
  if (unit === 'working-days' && calendar === null) fault(`${path}.calendar`, 'a calendar of this catalogue');
  const basis = fieldsOf(item['basis'], `${path}.basis`, fault);
  const pauses = listOf(item['pauses'] ?? [], `${path}.pauses`, fault);
  if (pauses.length > 0) fault(`${path}.pauses`, 'none: a case keeps no pauses yet');
  const task = item['task'] === undefined ? null : textOf(item['task'], `${path}.task`, fault);
  if ((item['starts'] === 'task-proposed') !== (task !== null))
    fault(`${path}.task`, 'the task it starts with, for task-proposed alone');
  const applies = fieldsOf(item['appliesTo'], `${path}.appliesTo`, fault);
  return {
    id: textOf(item['id'], `${path}.id`, fault),
    title: saidOf(item['title'], `${path}.title`, fault),
    subjectKinds: listOf(applies['subjectKinds'], `${path}.appliesTo.subjectKinds`, fault).map(String),
    starts: oneOf(item['starts'], CASE_EVENTS, `${path}.starts`, fault),
    task,
    length: { n, unit },
    calendar,
    meets: listOf(item['meets'], `${path}.meets`, fault).map((event, i) =>
      oneOf(event, CASE_EVENTS, `${path}.meets[${i}]`, fault),
    ),
    basis: {
      law: textOf(basis['law'], `${path}.basis.law`, fault),
      clause: textOf(basis['clause'], `${path}.basis.clause`, fault),
      says: saidOf(basis['says'], `${path}.basis.says`, fault),
    },
    standing: oneOf(item['standing'], STANDINGS, `${path}.standing`, fault),
    onward: listOf(item['onward'], `${path}.onward`, fault).map((duty, i) =>
      saidOf(duty, `${path}.onward[${i}]`, fault),
    ),
  };
}

function calendarFrom(item: Fields, path: string, fault: Fault): Calendar {
  const loaded = fieldsOf(item['loaded'], `${path}.loaded`, fault);
  const holidays = listOf(item['holidays'], `${path}.holidays`, fault).flatMap((range, i) => {
    const { from, to } = fieldsOf(range, `${path}.holidays[${i}]`, fault);
    return datesBetween(
      dateOf(from, `${path}.holidays[${i}].from`, fault),
      dateOf(to, `${path}.holidays[${i}].to`, fault),
    );
  });
  const weekends = listOf(item['workingWeekends'], `${path}.workingWeekends`, fault);
  return {
    id: textOf(item['id'], `${path}.id`, fault),
    version: textOf(item['version'], `${path}.version`, fault),
    holidays: new Set(holidays),
    workingWeekends: new Set(weekends.map((date, i) => dateOf(date, `${path}.workingWeekends[${i}]`, fault))),
    loaded: {
      from: dateOf(loaded['from'], `${path}.loaded.from`, fault),
      to: dateOf(loaded['to'], `${path}.loaded.to`, fault),
    },
  };
}

function inForceFrom(item: Fields, fault: Fault): ClockCatalogue['inForce'] {
  const to = item['to'];
  const isOpen = to === undefined || to === '' || to === 'null' || to === '~';
  return {
    from: dateOf(item['from'], 'inForce.from', fault),
    to: isOpen ? null : dateOf(to, 'inForce.to', fault),
  };
}

function datesBetween(from: string, to: string): string[] {
  const dates: string[] = [];
  for (let ms = Date.parse(from); ms <= Date.parse(to) && dates.length < 366; ms += 86_400_000)
    dates.push(new Date(ms).toISOString().slice(0, 10));
  return dates;
}

function dateOf(value: unknown, path: string, fault: Fault): string {
  const text = String(value);
  const ms = Date.parse(text);
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(ms);
  if (!isDate || new Date(ms).toISOString().slice(0, 10) !== text) fault(path, 'a date YYYY-MM-DD');
  return text;
}

function fieldsOf(value: unknown, path: string, fault: Fault): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  fault(path, 'named fields');
  return {};
}

function listOf(value: unknown, path: string, fault: Fault): readonly unknown[] {
  if (Array.isArray(value)) return value;
  fault(path, 'a list');
  return [];
}

function textOf(value: unknown, path: string, fault: Fault): string {
  if (typeof value === 'string' && value !== '') return value;
  fault(path, 'a text');
  return '';
}

function saidOf(value: unknown, path: string, fault: Fault): Said {
  const { en, zh } = fieldsOf(value, path, fault);
  return { en: textOf(en, `${path}.en`, fault), zh: textOf(zh, `${path}.zh`, fault) };
}

function oneOf<const T extends string>(value: unknown, allowed: readonly T[], path: string, fault: Fault): T {
  if (!(allowed as readonly unknown[]).includes(value)) fault(path, `one of ${allowed.join(', ')}`);
  return value as T;
}

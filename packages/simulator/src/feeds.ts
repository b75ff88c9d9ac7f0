import type { Fact, FlowFact } from './facts.ts';
import type { Use } from './model.ts';
import { ReadingsFile } from './month-totals.ts';
import { type Plan, receivedMs } from './plan.ts';
import { controlCenterReading } from './usage-control-center.ts';
import { FLEET_MAPPING, USAGE_HEADER, usageRow } from './usage-csv.ts';
import { detailRecord, isAccounting } from './usage-detail.ts';
import { isStreamed, streamedRecord } from './usage-emnify.ts';
import { plainFile, type Told, type UsageFile } from './usage-file.ts';
import { hologramRecord, isFinishedSession } from './usage-hologram.ts';
import { DAY_MAPPING, DayTable, isOfDay, oneLinkAnswers } from './usage-onelink.ts';
import { hookedRecord, isHooked } from './usage-onomondo.ts';
import { isContext, OSMO_HEADER, osmoRecord } from './usage-osmo.ts';
import { isCounted, isWholeShare } from './usage-own.ts';
import { isBearer, PgwFile } from './usage-pgw.ts';
import { soracomRecords } from './usage-soracom.ts';
import { isCharged, TapFile, tadigOf } from './usage-tap.ts';
import { isDetailed, telnyxRecords } from './usage-telnyx.ts';
import { connectionEvent, isConnection } from './usage-twilio.ts';
import { isPushed, pushedRecord } from './usage-wavely.ts';
import { Workbook } from './usage-xlsx.ts';

export const FLEET_FORMATS = [
  'csv',
  'freeradius-detail',
  'tap3',
  'pgw-cdr',
  'emnify-usage',
  'onomondo',
  'wavely',
  'osmo-sgsn',
  'twilio-supersim',
  'soracom',
  'hologram',
  'telnyx',
  'cisco-control-center',
  'onelink',
  'onelink-day',
  'xlsx',
] as const;
export type FleetFormat = (typeof FLEET_FORMATS)[number];

/** What one source tells of a fleet. */
export interface Feed {
  readonly source: string;
  /** Of the server. */
  readonly format: string;
  /** As `thingward sources add --profile` takes it. */
  readonly profile: Readonly<Record<string, unknown>>;
  readonly extension: string;
  /** What a record of this source does not tell. */
  readonly lacks: readonly Fact[];
  /** Its records tell a day and no moment of it. */
  readonly tellsDays?: boolean;
  holds(use: Use): boolean;
  /** Records of one day that are not of one key lie in files of their own. */
  keyOf?(use: Use): string;
  open(plan: Plan, day: number, key: string): UsageFile;
}

function table(source: string, counter: 'delta' | 'per-series', holds: Feed['holds']): Feed {
  return {
    source,
    format: 'generic-csv',
    profile: { counter, recordId: 'id', mapping: FLEET_MAPPING },
    extension: 'csv',
    lacks: [],
    holds,
    open: () => plainFile(USAGE_HEADER, usageRow),
  };
}

/** What only tables have columns for. */
const FLOW_FACTS: readonly FlowFact[] = ['cell', 'destination', 'cause', 'area', 'account'];

const isOwn = (use: Use): boolean => use.session === '';
const isRunning = (use: Use): boolean => use.session !== '';

const detail: Feed = {
  source: 'sessions',
  format: 'freeradius-detail',
  profile: { counter: 'per-series' },
  extension: 'detail',
  lacks: [],
  holds: isAccounting,
  open: () => plainFile('', detailRecord),
};

/** Every event bears a charging id or a call reference, by which it is known when a later file tells it again. */
const tap: Feed = {
  source: 'roaming',
  format: 'tap3',
  profile: {},
  extension: 'tap',
  lacks: ['network', 'place', 'message-count', 'operator-mark', ...FLOW_FACTS],
  holds: isCharged,
  keyOf: tadigOf,
  open: (plan, day, key) => new TapFile(key, day + 1, receivedMs(plan, day)),
};

const stream: Feed = {
  source: 'stream',
  format: 'emnify-usage',
  profile: { counter: 'delta', unit: 'MB' },
  extension: 'ndjson',
  lacks: ['place', 'message-count', 'peer', 'operator-mark', ...FLOW_FACTS],
  holds: isStreamed,
  open: () => plainFile('', streamedRecord),
};

/** Sessions have no places in any feed; their network is the writer's own and is not told. */
const contexts: Feed = {
  source: 'sessions',
  format: 'osmo-sgsn',
  profile: { counter: 'per-series' },
  extension: 'cdr',
  lacks: ['network'],
  holds: isContext,
  open: () => plainFile(OSMO_HEADER, osmoRecord),
};

const bearers: Feed = {
  source: 'bearers',
  format: 'pgw-cdr',
  profile: {},
  extension: 'cdr',
  lacks: ['place', 'message-count', ...FLOW_FACTS],
  holds: isBearer,
  open: (_, day) => new PgwFile(day + 1),
};

/** What a platform pushes one by one, a line each. */
function hook(
  format: FleetFormat,
  holds: Feed['holds'],
  record: (use: Use) => Told,
  lacks: readonly Fact[] = [],
): Feed {
  return {
    source: 'hook',
    format,
    profile: {},
    extension: 'ndjson',
    lacks: ['place', 'message-count', 'operator-mark', 'duration', ...FLOW_FACTS, ...lacks],
    holds,
    open: () => plainFile('', record),
  };
}

const connections: Feed = {
  source: 'sessions',
  format: 'twilio-supersim',
  profile: { counter: 'per-series' },
  extension: 'ndjson',
  lacks: ['duration'],
  holds: isConnection,
  open: () => plainFile('', connectionEvent),
};

/** What is told of data alone, by answers of a platform that name neither place nor length nor what a flow was of. */
const OF_DATA: readonly Fact[] = ['place', 'message-count', 'duration', ...FLOW_FACTS];

/** What whoever asks a platform's interface writes down. */
function answers(
  format: FleetFormat,
  profile: Feed['profile'],
  lacks: readonly Fact[],
  holds: Feed['holds'],
  open: Feed['open'],
): Feed {
  return { source: 'answers', format, profile, extension: 'ndjson', lacks, holds, open };
}

const IN_CHINA = { zone: 'Asia/Shanghai' } as const;

/** The table of a day tells volumes alone; what else is known of the same use stays in the table of uses. */
const days: Feed = {
  source: 'days',
  format: 'generic-csv',
  profile: { counter: 'delta', unit: 'kB', ...IN_CHINA, mapping: DAY_MAPPING },
  extension: 'csv',
  lacks: [],
  tellsDays: true,
  holds: isOfDay,
  open: () => new DayTable(),
};

function besideDays(): readonly Feed[] {
  const rest = (use: Use): string => usageRow(isOfDay(use) ? { ...use, bytesUp: -1, bytesDown: -1 } : use);
  return [
    { ...table('usage', 'delta', isOwn), open: () => plainFile(USAGE_HEADER, rest) },
    table('sessions', 'per-series', isRunning),
    days,
  ];
}

const asWorkbook = (feed: Feed): Feed => ({ ...feed, extension: 'xlsx', open: () => new Workbook() });

/** A feed of shares, with tables of what it cannot tell. */
function besideTables(feed: Feed): readonly Feed[] {
  return [
    table('usage', 'delta', use => isOwn(use) && !feed.holds(use)),
    table('sessions', 'per-series', isRunning),
    feed,
  ];
}

/** The sources of a fleet in a format; what the format has no record for stays a table. */
export function feedsOf(format: FleetFormat): readonly Feed[] {
  switch (format) {
    case 'csv':
      return [table('usage', 'delta', isOwn), table('sessions', 'per-series', isRunning)];
    case 'freeradius-detail':
      return [table('usage', 'delta', isOwn), detail];
    case 'tap3':
      return besideTables(tap);
    case 'pgw-cdr':
      return besideTables(bearers);
    case 'emnify-usage':
      return besideTables(stream);
    case 'onomondo':
      return besideTables(hook(format, isHooked, hookedRecord));
    case 'wavely':
      return besideTables(hook(format, isPushed, pushedRecord, ['call-device']));
    case 'soracom':
      return besideTables(answers(format, {}, OF_DATA, isWholeShare, () => plainFile('', soracomRecords)));
    case 'hologram':
      return besideTables(
        answers(format, {}, ['network', 'place', 'message-count', ...FLOW_FACTS], isFinishedSession, () =>
          plainFile('', hologramRecord),
        ),
      );
    case 'telnyx':
      return besideTables(
        answers(format, { unit: 'MB' }, OF_DATA, isDetailed, () => plainFile('', telnyxRecords)),
      );
    case 'cisco-control-center':
      return besideTables(
        answers(
          format,
          { counter: 'per-cycle', ...IN_CHINA },
          ['network', ...OF_DATA],
          isCounted,
          (plan, day) => new ReadingsFile(plan, day, isCounted, controlCenterReading),
        ),
      );
    case 'onelink':
      return besideTables(
        answers(
          format,
          { counter: 'per-cycle', unit: 'kB', ...IN_CHINA },
          ['network', ...OF_DATA],
          isCounted,
          (plan, day) => new ReadingsFile(plan, day, isCounted, oneLinkAnswers),
        ),
      );
    case 'onelink-day':
      return besideDays();
    case 'xlsx':
      return feedsOf('csv').map(asWorkbook);
    case 'osmo-sgsn':
      return [table('usage', 'delta', isOwn), contexts];
    case 'twilio-supersim':
      return [table('usage', 'delta', isOwn), connections];
  }
}

/** What the records of a card do not tell in the format: that of its feed, for a card is told by one. */
export function lacksOf(format: FleetFormat, feed: 'usage' | 'sessions'): readonly Fact[] {
  const feeds = feedsOf(format).filter(each => (each.source === 'sessions') === (feed === 'sessions'));
  return feeds.flatMap(each => each.lacks);
}

/** Whether some of the format's records tell a day and no moment of it. */
export const tellsDays = (format: FleetFormat): boolean =>
  feedsOf(format).some(feed => feed.tellsDays === true);

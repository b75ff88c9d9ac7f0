import { brief } from '../../../kernel/brief.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import type { ReadObject } from './json-records.ts';
import { idAsWritten, isJsonObject, type JsonObject } from './json-values.ts';
import {
  firstText,
  lengthOf,
  providerFormat,
  type RecordShape,
  shapeReader,
  withBody,
} from './provider-json.ts';
import { timeReader } from './time-pattern.ts';

/**
 * Event records of emnify and 1NCE: of their data streamers and of what `GET /api/v1/event` and
 * `GET /v2/sims/{iccid}/events` answer (docs.emnify.com/developers/reference/data-streamer; the details of 1NCE's
 * SIM management API v2 as OpenAPI). Times are UTC; an event is known by its `id`, a 64-bit number kept as text.
 *
 * The ids of event types are not published, so the description says what happened, and an id without one is kept
 * (`type 17`). A context that is created or deleted is the start or the stop of a session. What the network or a rule
 * of the platform turned away is `refused` with the platform's own word as its cause, `IMEI_LOCK_BREACHED`.
 *
 * A volume in an event's detail is told by the usage stream too and is not read here: it would count twice (C-30). The
 * numbers of radio accesses in details are of no stated list and are kept as numbers. A network that is told with
 * several codes has none here.
 */
export const emnifyEvents = providerFormat({
  name: 'emnify-events',
  lists: () => [],
  units: ['B'],
  counters: ['delta'],
  reader,
});

const CONTEXT = 'detail.pdp_context';
const SHAPE: RecordShape = {
  columns: {
    iccid: ['sim.iccid', 'iccid', '^asked.iccid'],
    imsi: ['imsi.imsi', 'imsi', `${CONTEXT}.imsi`],
    msisdn: 'sim.msisdn',
    imei: [`${CONTEXT}.imeisv`, 'endpoint.imei'],
    time: 'timestamp',
    event: 'said',
    apn: `${CONTEXT}.apn`,
    rat: [`${CONTEXT}.rat_type.description`, `${CONTEXT}.rat_type`],
    mcc: [`${CONTEXT}.mcc`, 'detail.country.mcc'],
    mnc: [`${CONTEXT}.mnc`, 'network'],
    country: 'detail.country.name',
    cell: 'place',
    session: `${CONTEXT}.pdp_context_id`,
    cause: 'cause',
    recordId: 'known',
  },
  zone: 'UTC',
};

/** What the words of a context's life begin with. */
const SESSIONS: readonly (readonly [RegExp, string])[] = [
  [/^create pdp context$/i, 'start'],
  [/^update pdp context$/i, 'interim'],
  [/^delete pdp context$/i, 'stop'],
];
const CAUSES = [
  'detail.data_service_failure_cause',
  'detail.update_location_failure_reason',
  'data_service_failure_cause',
  'update_location_failure_reason',
] as const;

function reader(profile: SourceProfile): ReadObject {
  const data = shapeReader('emnify-events', { ...SHAPE, service: 'data' }, profile);
  const other = shapeReader('emnify-events', { ...SHAPE, service: 'other' }, profile);
  const readTime = timeReader(['iso'], 'UTC');
  return (value, text, around) => {
    if (!isJsonObject(value['event_type'])) return { reason: 'not-an-event-record', detail: {} };
    const what = wordOf(value, around);
    const cause = firstText(value, around, CAUSES);
    const session = SESSIONS.find(([pattern]) => pattern.test(what))?.[1];
    const said = cause !== '' || /\brejected$/i.test(what) ? 'refused' : (session ?? what);
    const isData = isJsonObject(contextOf(value)) || session !== undefined || /\bpdp\b/i.test(what);
    const told = {
      ...value,
      ...{ said, cause, place: cellOf(value), network: oneOf(value, 'mnc') },
      known: idAsWritten(value, text) ?? '',
    };
    const read = (isData ? data : other)(told, text, around);
    if ('reason' in read) return read;
    const startMs = readTime(firstText(value, around, `${CONTEXT}.tunnel_created`))?.ms;
    const length = session === 'stop' ? lengthOf(startMs, read.observedAtMs) : { flags: [] };
    const body = {
      // The platform's word stays beside what it was taken for.
      statusType: brief(what.toLowerCase()),
      tadig: oneOf(value, 'tapcode') || undefined,
      sessionStartMs: startMs,
      durationSeconds: length.seconds,
    };
    return withBody(read, body, length.flags);
  };
}

/** What happened, as the platform says it. */
function wordOf(value: JsonObject, around: JsonObject): string {
  const word = firstText(value, around, 'event_type.description').trim();
  return word === '' ? `type ${firstText(value, around, 'event_type.id')}` : word;
}

const contextOf = (value: JsonObject): unknown =>
  isJsonObject(value['detail']) ? value['detail']['pdp_context'] : undefined;

/** Where the cell of a context stands: the newer forms before the old one (`gtp_v2_uli`, `gtp_v1_uli`, its own members). */
const CELLS = [
  ['gtp_v2_uli.tac', 'gtp_v2_uli.eci'],
  ['gtp_v2_uli.cgi.lac', 'gtp_v2_uli.cgi.ci'],
  ['gtp_v1_uli.lac', 'gtp_v1_uli.ci'],
  ['lac', 'ci'],
] as const;

function cellOf(value: JsonObject): string {
  const context = contextOf(value);
  if (!isJsonObject(context)) return '';
  for (const names of CELLS) {
    const [area, cell] = names.map(name => firstText(context, {}, name));
    if (area !== '' && cell !== '') return `${area}-${cell}`;
  }
  return '';
}

/** The one code of a network in a detail's list of them; '' where there are several or none. */
function oneOf(value: JsonObject, name: 'mnc' | 'tapcode'): string {
  const list = isJsonObject(value['detail']) ? value['detail'][name] : undefined;
  const codes = Array.isArray(list) ? list.filter(isJsonObject).map(each => firstText(each, {}, name)) : [];
  return codes.length === 1 ? (codes[0] as string) : '';
}

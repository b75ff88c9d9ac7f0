import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import type { ReadObject } from './json-records.ts';
import type { JsonObject } from './json-values.ts';
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
 * Usage of Hologram's interface (`GET /usage/data`), whole answers or single records, in the long form and the short
 * one of its OpenAPI. A record tells a finished data session as one total of both sides.
 *
 * A session that tells when it began is told at its end, as the stop of it; the short form tells one moment alone.
 *
 * Times carry no zone: the profile's is applied and the record says so. A record names its card by the platform's own
 * link (claim `sim:hologram-LINK`, which the cards' table or that of aliases gives to a card) unless whoever reads the
 * interface writes the card's ICCID beside it as `sim`.
 */
export const hologram = providerFormat({
  name: 'hologram',
  lists: () => ['data'],
  units: ['B'],
  counters: ['delta'],
  reader,
});

const PATTERNS = ['iso', 'YYYY-MM-DD HH:mm:ss'];
const USAGE: RecordShape = {
  service: 'data',
  columns: {
    iccid: ['sim', 'iccid', '^asked.iccid'],
    time: 'timestamp',
    bytesTotal: 'bytes',
    imei: 'imei',
    event: 'said',
    cell: 'place',
    recordId: ['record_id', 'id'],
  },
  sim: { names: 'linkid', prefix: 'hologram-' },
  time: PATTERNS,
};

function reader(profile: SourceProfile): ReadObject {
  const usage = shapeReader('hologram', USAGE, profile);
  const readTime = timeReader(PATTERNS, profile.zone);
  return (value, text, around) => {
    const began = firstText(value, around, 'session_begin');
    const said = began === '' ? 'event' : 'stop';
    const found = usage({ ...value, said, place: cellOf(value, around) }, text, around);
    if ('reason' in found) return found;
    const startMs = readTime(began)?.ms;
    const { seconds, flags } = lengthOf(startMs, found.observedAtMs);
    return withBody(found, { durationSeconds: seconds, sessionStartMs: startMs }, flags);
  };
}

function cellOf(value: JsonObject, around: JsonObject): string {
  const [area, cell] = ['lac', 'cellid'].map(name => firstText(value, around, name));
  return area === '' || cell === '' ? '' : `${area}-${cell}`;
}

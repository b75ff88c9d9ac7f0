import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { isUnknownState, type StateTable, stateFields } from './card-states.ts';
import type { ReadObject } from './json-records.ts';
import { isJsonObject, type JsonObject } from './json-values.ts';
import { firstText, providerFormat, type RecordShape, shapeReader, withBody } from './provider-json.ts';

/**
 * What Wavely pushes (docs.wavely.io, "Webhooks"): records of data, calls and messages, changes of state, and cards
 * that were assigned, whose codes are taken out on arrival. Volumes are each record's own share. Times have no zone.
 *
 * Whose side `bytesIn` is on is not documented: it is read as what comes to the device, and `direction: swapped`
 * turns it round.
 */
export const wavely = providerFormat({
  name: 'wavely',
  lists: () => [],
  units: ['B'],
  counters: ['delta'],
  reader,
});

const CARD = {
  iccid: ['icc', 'iccid'],
  imsi: 'imsi',
  msisdn: 'msisdn',
  eid: 'eid',
  time: ['usageDate', 'date', 'changeDate', '^at'],
} as const;
const DATA: RecordShape = {
  service: 'data',
  columns: {
    ...CARD,
    bytesUp: 'bytesOut',
    bytesDown: 'bytesIn',
    plmn: 'network.plmn',
    country: ['network.country', 'countryCode'],
    imei: 'imei',
    session: 'sessionId',
    event: 'state',
  },
};
const CALL: RecordShape = {
  service: 'voice',
  columns: {
    ...CARD,
    voiceSeconds: 'duration',
    plmn: 'own.plmn',
    country: 'own.country',
    direction: 'way',
    peer: 'peer',
  },
};
const MESSAGE: RecordShape = {
  service: 'sms',
  columns: {
    ...CARD,
    smsCount: 'one',
    plmn: 'own.plmn',
    country: 'own.country',
    direction: 'way',
    peer: 'peer',
  },
};
const STATE: RecordShape = { service: 'other', columns: { ...CARD, event: 'said', imei: 'imei' } };
const STATES: StateTable = {
  open: 'awaiting-activation',
  active: 'active',
  suspended: 'stopped',
  terminated: 'cancelled',
  discarded: 'cancelled',
};
const REASONS: Readonly<Record<string, string>> = {
  USER_WEB_ACTION: 'voluntary',
  USER_API_ACTION: 'voluntary',
  USER_TRIGGER: 'volume',
  SYSTEM_TRIGGER: 'volume',
};

function reader(profile: SourceProfile): ReadObject {
  const [data, call, message, state] = [DATA, CALL, MESSAGE, STATE].map(shape =>
    shapeReader('wavely', shape, profile),
  );
  return (value, text, around) => {
    const has = (name: string): boolean => firstText(value, around, name) !== '';
    const code = firstText(value, around, ['imsiState', 'ImsiState']);
    if (code !== '') return changed(state as ReadObject, value, text, around, code);
    if (has('bytesIn') || has('bytesOut')) return (data as ReadObject)(value, text, around);
    const told = { ...value, ...sides(value, around), one: '1' };
    if (has('duration')) return withTadig((call as ReadObject)(told, text, around), told.own);
    if (has('caller') || has('called'))
      return withTadig((message as ReadObject)(told, text, around), told.own);
    const said = ['pin1', 'puk1', 'matchingId'].some(has) ? 'assigned' : 'untyped';
    return (state as ReadObject)({ ...value, said }, text, around);
  };
}

/** A state with its reason; the documentation spells the member's name in two ways, and uses values it does not list. */
function changed(read: ReadObject, value: JsonObject, text: string, around: JsonObject, code: string) {
  const fields = stateFields(STATES, code);
  const reason = firstText(value, around, ['imsiStateReason', 'ImsiStateReasons', 'imsiStateReasons']);
  const stop = fields['cardState'] === 'stopped' ? { stopReason: REASONS[reason] ?? 'unknown' } : {};
  const said = reason === '' || reason === 'NONE' ? 'event' : reason;
  const flags = isUnknownState(fields) ? ['state-unknown'] : [];
  return withBody(read({ ...value, said }, text, around), { ...fields, ...stop }, flags);
}

/** The card's own side of a call or message is the one whose network is told; of both, or by its word, the direction decides. */
function sides(value: JsonObject, around: JsonObject): { way: string; peer: string; own: unknown } {
  const { fromNetwork, toNetwork } = value;
  const word = firstText(value, around, 'direction');
  const [isFrom, isTo] = [isJsonObject(fromNetwork), isJsonObject(toNetwork)];
  const told = word === 'DEFAULT' ? '' : word;
  const way = told !== '' ? told : isFrom === isTo ? '' : isFrom ? 'mo' : 'mt';
  const isOut = /^(mo|outgoing)$/i.test(way);
  const peer = way === '' ? '' : firstText(value, around, isOut ? 'called' : 'caller');
  return { way, peer, own: way === '' ? undefined : isOut ? fromNetwork : toNetwork };
}

function withTadig(usage: ReturnType<ReadObject>, own: unknown): ReturnType<ReadObject> {
  const tadig = isJsonObject(own) ? firstText(own, {}, 'tadig') : '';
  return withBody(usage, { tadig: tadig === '' ? undefined : tadig });
}

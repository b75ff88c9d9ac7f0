import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { isUnknownState, type StateTable, stateFields } from './card-states.ts';
import { UNIT_BYTES, wholeBytes } from './decimal.ts';
import type { ReadObject } from './json-records.ts';
import { firstText, providerFormat, type RecordShape, shapeReader, withBody } from './provider-json.ts';

/**
 * Answers of Huawei Cloud's Global SIM Link (support.huaweicloud.com/api-ocgsl): usage by month, usage of a package,
 * and cards with their states. Figures are as of 24:00 of yesterday; they are megabytes with decimals, whose base the
 * profile says, and are rounded to whole bytes. Usage is a running total of its billing month.
 */
export const huaweiGsl = providerFormat({
  name: 'huawei-gsl',
  lists: () => ['month_usages', 'flow_usages', 'sim_cards', 'sim_price_plans'],
  units: ['MB', 'MiB'],
  counters: ['per-cycle'],
  reader,
});

const CARD = {
  iccid: ['iccid', 'cid', '^iccid', '^asked.iccid'],
  imsi: 'imsi',
  msisdn: 'msisdn',
  imei: 'imei',
} as const;
const SIM = { names: ['sim_card_id', '^sim_card_id'], prefix: 'gsl-' } as const;
const USAGE: RecordShape = {
  service: 'data',
  columns: { ...CARD, time: '^at', bytesTotal: 'used' },
  sim: SIM,
};
const STATE: RecordShape = { service: 'other', columns: { ...CARD, time: ['^at', 'update_time'] }, sim: SIM };
const STATES: StateTable = {
  '-1': 'active',
  1: 'stopped:volume',
  2: 'stopped:volume',
  3: 'stopped:volume',
  4: 'stopped:expiry',
  5: 'stopped:voluntary',
  6: 'stopped:violation',
  7: 'stopped:separation',
};

function reader(profile: SourceProfile): ReadObject {
  const plain: SourceProfile = { ...profile, counter: 'delta', unit: 'B' };
  const usage = shapeReader('huawei-gsl', USAGE, plain);
  const state = shapeReader('huawei-gsl', STATE, plain);
  return (value, text, around) => {
    const cycle = /^(\d{4})(\d{2})$/.exec(
      firstText(value, around, ['billing_cycle', '^asked.billing_cycle']),
    );
    const used = firstText(value, around, 'flow_used');
    const code = firstText(value, around, 'operator_status');
    if (code !== '') {
      const fields = stateFields(STATES, code);
      return withBody(state(value, text, around), fields, isUnknownState(fields) ? ['state-unknown'] : []);
    }
    if (used === '') return { reason: 'record-unknown', detail: {} };
    if (cycle === null) return { reason: 'cycle-missing', detail: { wanted: 'billing_cycle' } };
    const bytes = wholeBytes(used, UNIT_BYTES[profile.unit]);
    const found = usage({ ...value, used: bytes }, text, around);
    if ('reason' in found) return found;
    return { ...found, series: `cycle/${found.claim}/${cycle[1]}-${cycle[2]}` };
  };
}

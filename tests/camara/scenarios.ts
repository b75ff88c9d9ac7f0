import { afterAll, afterEach, expect } from 'vitest';

const PREFIX = 'iot_sim_fraud_prevention_';
/** Ends of the ids that the files of bind, unbind and query share. */
const SHARED = (name: string): readonly string[] => [
  ...[`400_missing_${name}`, `400_invalid_${name}`, '401_expired_token', '403_permission_denied'],
  ...['404_device_not_found', '422_unnecessary_identifier', '422_missing_identifier'],
  ...['422_unsupported_identifier', '429_quota_exceeded'],
];
const of = (call: string, ends: readonly string[]) => ends.map(end => `${PREFIX}${call}_${end}`);

/** The scenarios of bind, unbind and query: 36 of the contract's 60. */
export const CALLS: readonly string[] = [
  ...of('bind', [...SHARED('bindtype'), '400_missing_device', 'success_imei', 'success_arealimit']),
  ...of('unbind', [...SHARED('unbindtype'), '422_unnecessary_unbind_imei']),
  ...of('unbind', ['success_imei', 'success_arealimit']),
  ...of('query', [...SHARED('querytype'), '400_missing_device']),
  ...of('query', ['success_imei_bound', 'success_arealimit_restricted']),
];

/** Those of subscriptions and their notifications: 18. */
export const SUBSCRIPTIONS: readonly string[] = [
  ...of('subscribe', ['success_imei_change', 'success_arealimit_change', 'async_success']),
  ...of('subscribe', ['400_missing_types', '400_missing_sink', '400_invalid_protocol']),
  ...of('subscribe', ['400_out_of_range_maxevents', '401_authentication_required']),
  ...of('subscribe', ['403_permission_denied', '422_identifier_mismatch', '422_missing_identifier']),
  ...['happy_path_imei_change', 'happy_path_area_change', 'expiration_time', 'deletion'],
  ...['max_events_first_event', 'max_events_second_event', 'max_events_third_event'],
];

/** Those of the consumer's callback: the last six. */
export const CALLBACKS: readonly string[] = [
  ...of('callback', ['success_imei_change', 'success_area_change', '400_missing_id', '400_missing_type']),
  ...of('callback', ['400_invalid_type', '410_gone']),
];

/** Prints how many of the scenarios tests of this file passed under their ids, and which have none. */
export function countScenarios(ids: readonly string[], unmet: readonly string[]): void {
  const passed = new Set<string>();
  let isWhole = true;
  afterEach(({ task }) => {
    const named = task.name.split(/[\s,:]+/).filter(word => ids.includes(word));
    if (task.result?.state === 'fail') isWhole = false;
    else for (const id of named) passed.add(id);
  });
  afterAll(() => {
    const without = ids.filter(id => !passed.has(id));
    process.stdout.write(
      `camara scenarios passed=${passed.size} of ${ids.length}${without.length === 0 ? '' : `, without: ${without.join(' ')}`}\n`,
    );
    if (isWhole) expect(without.sort()).toEqual([...unmet].sort());
  });
}

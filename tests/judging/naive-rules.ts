import type { Observation } from '../../server/src/spine/observations/observation.ts';
import type { Terms } from '../../server/src/spine/rules/rule.ts';

/**
 * The three shipped rules written once more by hand, each verdict computed anew from the whole list: an
 * oracle that shares no code with judging. Returns the digests of the records that complete a finding.
 */
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const AHEAD = 8 * HOUR;

const list = (value: Terms[string] | undefined): readonly string[] =>
  Array.isArray(value) ? (value as string[]) : [];
const monthOf = (atMs: number): string => new Date(atMs + AHEAD).toISOString().slice(0, 7);
const dateOf = (atMs: number): string => new Date(atMs + AHEAD).toISOString().slice(0, 10);

export function naiveDeviceChanges(
  records: readonly Observation[],
  boundAt: (atMs: number) => Terms,
): string[] {
  const withDevice = records.filter(({ body }) => typeof body['imei'] === 'string');
  const before = (i: number): string | null => {
    const last = withDevice[i - 1];
    const here = withDevice[i] as Observation;
    return last !== undefined && here.observedAtMs - last.observedAtMs <= 30 * DAY
      ? String(last.body['imei'])
      : null;
  };
  const isChange = withDevice.map(({ body }, i) => before(i) !== null && before(i) !== body['imei']);
  return withDevice
    .filter((record, i) => {
      const { imei, tac } = record.body as { imei: string; tac?: string };
      const bound = boundAt(record.observedAtMs);
      const isFirstElsewhere =
        before(i) === null && list(bound['imeis']).length > 0 && !list(bound['imeis']).includes(imei);
      if (!isChange[i] && !isFirstElsewhere) return false;
      const hour = (atMs: number): number => Math.floor(atMs / HOUR);
      const recent = withDevice.filter(
        ({ observedAtMs }, j) => j <= i && isChange[j] && hour(observedAtMs) > hour(record.observedAtMs) - 48,
      );
      const isInnocent =
        list(bound['imeis']).includes(imei) ||
        list(bound['tacs']).includes(tac ?? '') ||
        bound['swapWindow'] === true ||
        recent.length > 3;
      return !isInnocent;
    })
    .map(({ digest }) => digest);
}

export function naiveRegionBreaches(
  records: readonly Observation[],
  boundAt: (atMs: number) => Terms,
): string[] {
  const decided = records.filter(
    ({ body, observedAtMs }) => body['mcc'] !== undefined && boundAt(observedAtMs)['mccs'] != null,
  );
  const isMet = decided.map(({ body, observedAtMs }) => {
    const bound = boundAt(observedAtMs);
    const isAbroad = !list(bound['mccs']).includes(String(body['mcc']));
    return isAbroad && body['mcc'] !== '901' && !list(bound['plmns']).includes(String(body['plmn']));
  });
  return risingEdges(decided, isMet, dateOf);
}

export const naiveCapCrossings = capCrossings('month', monthOf);
export const naiveDailyCapCrossings = capCrossings('day', dateOf);

/** The crossings of caps stated for the window; a cap without a window is one for the month. */
function capCrossings(window: 'month' | 'day', paneOf: (atMs: number) => string) {
  return (records: readonly Observation[], boundAt: (atMs: number) => Terms): string[] => {
    const shares = records.map((record, i) => naiveShare(records, record, i));
    const decided = records.filter((record, i) => {
      const bound = boundAt(record.observedAtMs);
      return shares[i] !== null && bound['capBytes'] != null && (bound['capWindow'] ?? 'month') === window;
    });
    const isMet = decided.map(record => {
      const end = records.indexOf(record);
      const inPane = (isCounted: (mark: string) => boolean): number =>
        shares.reduce((sum, share, j) => {
          const isIn =
            j <= end && paneOf((records[j] as Observation).observedAtMs) === paneOf(record.observedAtMs);
          return share !== null && isIn && isCounted(share.mark) ? sum + share.bytes : sum;
        }, 0);
      const cap = Number(boundAt(record.observedAtMs)['capBytes']);
      const used = inPane(() => true);
      const assumed = inPane(mark => mark === 'wrap' || mark === 'restart');
      const spanning = inPane(mark => mark === 'gap');
      if (used <= cap || record.timeMark === 'implausible') return false;
      return !(assumed > 0 && used - assumed <= cap) && !(spanning > 0 && used - spanning <= cap);
    });
    return risingEdges(decided, isMet, paneOf);
  };
}

function risingEdges(
  records: readonly Observation[],
  isMet: readonly boolean[],
  paneOf: (atMs: number) => string,
): string[] {
  return records
    .filter((record, i) => {
      const before = records[i - 1];
      const isHeld =
        before !== undefined && isMet[i - 1] && paneOf(before.observedAtMs) === paneOf(record.observedAtMs);
      return isMet[i] && !isHeld;
    })
    .map(({ digest }) => digest);
}

/** What the record adds: looks back for the last record of its series that stated the total. */
function naiveShare(
  records: readonly Observation[],
  record: Observation,
  i: number,
): { bytes: number; mark: string } | null {
  const total = record.body['bytes'];
  if (typeof total !== 'number') return null;
  if (record.series === null) return { bytes: total, mark: 'own' };
  const earlier = records
    .slice(0, i)
    .filter(
      ({ series, sourceId, body }) =>
        series === record.series && sourceId === record.sourceId && typeof body['bytes'] === 'number',
    );
  const last = earlier.at(-1);
  if (last === undefined || record.observedAtMs - last.observedAtMs > 35 * DAY)
    return { bytes: total, mark: 'first' };
  // Totals of one moment: the highest of them stands.
  const before = Math.max(
    ...earlier
      .filter(({ observedAtMs }) => observedAtMs === last.observedAtMs)
      .map(({ body }) => Number(body['bytes'])),
  );
  const grown = total - before;
  if (grown >= 0)
    return { bytes: grown, mark: record.observedAtMs - last.observedAtMs > DAY ? 'gap' : 'next' };
  if (last.observedAtMs === record.observedAtMs) return { bytes: 0, mark: 'stale' };
  const wrapped = grown + 4_294_967_296;
  return wrapped < 1_073_741_824 ? { bytes: wrapped, mark: 'wrap' } : { bytes: total, mark: 'restart' };
}

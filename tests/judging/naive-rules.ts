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
      const inPane = (isCounted: (mark: string, timeMark: string) => boolean): number =>
        shares.reduce((sum, share, j) => {
          const isIn =
            j <= end && paneOf((records[j] as Observation).observedAtMs) === paneOf(record.observedAtMs);
          return share !== null && isIn && isCounted(share.mark, (records[j] as Observation).timeMark)
            ? sum + share.bytes
            : sum;
        }, 0);
      const cap = Number(boundAt(record.observedAtMs)['capBytes']);
      const used = inPane(() => true);
      const assumed = inPane(mark => mark === 'wrap' || mark === 'restart');
      const spanning = inPane(mark => mark === 'gap');
      const undated = inPane((_, timeMark) => timeMark === 'implausible');
      const isExplainedBy = (doubtful: number): boolean => doubtful > 0 && used - doubtful <= cap;
      return used > cap && ![assumed, spanning, undated].some(isExplainedBy);
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

interface Share {
  readonly bytes: number;
  readonly mark: string;
}

/** What the record adds to the volume: its series is walked through from the beginning, for every record anew. */
function naiveShare(records: readonly Observation[], record: Observation, i: number): Share | null {
  if (record.series === null) {
    const { bytesUp, bytesDown, bytes } = record.body;
    if (typeof bytes === 'number') return { bytes, mark: 'own' };
    if (bytesUp === undefined && bytesDown === undefined) return null;
    return { bytes: Number(bytesUp ?? 0) + Number(bytesDown ?? 0), mark: 'partial' };
  }
  const known: Stated = new Map();
  let last: Share | null = null;
  let before: Observation | null = null;
  for (const each of records.slice(0, i + 1)) {
    if (each.series !== record.series || each.sourceId !== record.sourceId) continue;
    // A session that was told to be over is another one when more than a day later its name is heard again.
    if (before?.body['event'] === 'stop' && each.observedAtMs - before.observedAtMs > DAY) known.clear();
    last = naiveStep(known, each);
    before = each;
  }
  return last;
}

/** What was last stated, by counter; `sides` is there while a side was stated after the volume of both. */
type Stated = Map<string, { total: number; atMs: number }>;

/** The volume of both sides as far as it is known: as stated, or what the sides stated since come to. */
function naiveVolume(known: Stated): { total: number; atMs: number } | undefined {
  const volume = known.get('bytes');
  const sides = known.has('sides') ? ['bytesUp', 'bytesDown'].flatMap(name => known.get(name) ?? []) : [];
  if (sides.length === 0) return volume;
  const least = sides.reduce((sum, { total }) => sum + total, 0);
  const atMs = Math.max(...sides.map(side => side.atMs), volume?.atMs ?? 0);
  return { total: Math.max(least, volume?.total ?? 0), atMs };
}

function naiveStep(known: Stated, record: Observation): Share | null {
  const now = record.observedAtMs;
  for (const [name, { atMs }] of known) if (now - atMs > 35 * DAY && name !== 'sides') known.delete(name);
  const volume = naiveVolume(known);
  const marks: string[] = ['next'];
  let bytes: number | null = null;
  for (const name of ['bytesUp', 'bytesDown', 'bytes']) {
    const total = record.body[name];
    const before = name === 'bytes' ? volume : known.get(name);
    if (typeof total !== 'number') continue;
    const grown = total - (before?.total ?? 0);
    let share = grown;
    if (before === undefined) marks.push('first');
    else if (grown >= 0) marks.push(now - before.atMs > DAY ? 'gap' : 'next');
    else if (before.atMs === now) marks.push('stale');
    else marks.push(grown + 4_294_967_296 < 1_073_741_824 ? 'wrap' : 'restart');
    if (marks.at(-1) === 'stale') share = 0;
    else if (marks.at(-1) === 'wrap') share = grown + 4_294_967_296;
    else if (marks.at(-1) === 'restart') share = total;
    // Totals of one moment: the highest of them stands.
    known.set(name, { total: marks.at(-1) === 'stale' ? Number(before?.total) : total, atMs: now });
    if (name === 'bytes') {
      bytes = share;
      known.delete('sides');
    }
  }
  const isOneSided = bytes === null && (record.body['bytesUp'] ?? record.body['bytesDown']) != null;
  if (isOneSided) {
    known.set('sides', { total: 0, atMs: now });
    bytes = Math.max(0, Number(naiveVolume(known)?.total) - (volume?.total ?? 0));
    marks.push(volume !== undefined && now - volume.atMs > DAY ? 'gap' : 'partial');
  }
  const doubts = ['next', 'first', 'partial', 'gap', 'stale', 'wrap', 'restart'];
  const mark = marks.sort((a, b) => doubts.indexOf(a) - doubts.indexOf(b)).at(-1) as string;
  return bytes === null ? null : { bytes, mark };
}

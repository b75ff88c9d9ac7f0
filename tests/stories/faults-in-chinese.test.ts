import { describe, expect, test } from 'vitest';
import { problemOf } from '../../server/src/api/problems.ts';
import { factIn } from '../../server/src/api/wording/details.ts';
import { saleRuleCatalogues } from '../../server/src/content.ts';
import { contributions } from '../../server/src/house.ts';
import { Refusal } from '../../server/src/kernel/refusal.ts';
import { faultsOf } from '../../server/src/modules/cards/contracts/clauses.ts';
import { readSaleRules } from '../../server/src/modules/cards/contracts/sale-rules.ts';
import { MEASURE_STATES } from '../../server/src/spine/measures/measure.ts';
import { plainProfile, type SourceProfile } from '../../server/src/spine/observations/source-profile.ts';
import { readColumnMapping } from '../../server/src/spine/registry/column-mapping.ts';

/** What a refusal tells in detail is told in Chinese as well, whatever is wrong. */
const HAN = /\p{Script=Han}/u;
const english = (faults: readonly string[]): string[] =>
  faults.filter(fault => !HAN.test(factIn('zh', fault)));

const WRONG_MAPPINGS: readonly unknown[] = [
  7,
  { columns: {}, more: 1, encoding: 'x', delimiter: 'x', headerRows: 99, nulls: 1, zone: 1, time: ['x'] },
  {
    columns: { iccid: 1, odd: 'x', imsi: false, timeOfDay: 'x' },
    services: { x: 'y' },
    service: 'z',
    zone: 'Nowhere',
  },
  { columns: { iccid: 'a', time: 'b', date: 'c' }, headerRows: 0, service: 7 },
];

describe('faults of what was sent', () => {
  test('a profile: whatever any format says of it', () => {
    const wrong = WRONG_MAPPINGS.map(
      mapping =>
        ({ ...plainProfile, unit: 'x', counter: 'x', zone: 'Nowhere', mapping }) as unknown as SourceProfile,
    );
    const faults = contributions
      .flatMap(each => each.formats)
      .flatMap(format => wrong.flatMap(profile => format.checkProfile(profile)));
    expect(new Set(faults).size).toBeGreaterThan(25);
    expect(english([...new Set(faults)])).toEqual([]);
  });

  test('a mapping of columns', () => {
    const faults = ['7', '{"more":1,"columns":1,"ignored":1,"encoding":"x"}'].flatMap(text => {
      try {
        readColumnMapping(text);
        return [];
      } catch (thrown) {
        return String((thrown as Refusal).detail['faults']).split('; ');
      }
    });
    expect(faults).toHaveLength(5);
    expect(english(faults)).toEqual([]);
  });

  test('the clauses of a contract', () => {
    const [rules] = [...saleRuleCatalogues()].map(([name, text]) => readSaleRules(text, name));
    const odd = {
      ...{ channel: 'nobody knows', regions: ['x'], destinations: ['x'], tacs: ['1'], imeis: ['x'] },
      ...{ from: 'x', to: 'y', binding: 'pool' as const },
    };
    const late = { from: '2020-01-01T00:00:00Z', to: '2019-01-01T00:00:00Z' };
    const long = { from: '2020-01-01T00:00:00Z', to: '2099-01-01T00:00:00Z', testUntil: 'x' };
    const tested = { ...long, testUntil: '2098-01-01T00:00:00Z' };
    const faults = [odd, late, long, tested, { ...late, to: '2020-01-02T00:00:00Z' }].flatMap(clauses =>
      faultsOf(clauses, rules!, Date.UTC(2026, 0)).map(({ field, fault }) => `${field}: ${fault}`),
    );
    expect(new Set(faults.map(each => each.split(': ')[1])).size).toBeGreaterThan(10);
    expect(english(faults)).toEqual([]);
  });

  test('told at once stand in one Chinese sentence, and the facts stay for programs', () => {
    const faults = 'unit must be "MB" or "MiB" for these records.; zone "Nowhere" is not known.; made up';
    const refusal = new Refusal('profile-refused', { detail: { faults } });
    expect(problemOf(refusal, 'zh', 'x')).toMatchObject({
      title: '数据源的配置不可用：unit：须为 "MB" 或 "MiB"；zone：“Nowhere”无法识别；made up。',
      facts: { faults },
    });
    expect(problemOf(refusal, 'en', 'x').title).toContain(faults);
    const name = new Refusal('source-name-taken', { detail: { name: 'a; b' } });
    expect(problemOf(name, 'zh', 'x').title).toContain('a; b');
  });

  test('a state and a kind in a sentence have their words, and what is no word of a list stays', () => {
    const title = (code: string, detail: Record<string, string>) =>
      problemOf(new Refusal(code, { detail }), 'zh', 'x').title;
    const untold = MEASURE_STATES.filter(state => !HAN.test(factIn('zh', state, 'state')));
    expect(untold).toEqual([]);
    expect(title('measure-not-liftable', { state: 'decided' })).toBe('处于 已决定 状态的措施不能解除。');
    expect(title('card-source-unknown', { kind: 'card-batch' })).toContain('卡批次');
    expect(title('right-missing', { right: 'closed' })).toContain('“closed”');
    const kinds = contributions.flatMap(each => each.measures.map(measure => measure.kind));
    expect(kinds.filter(kind => !HAN.test(factIn('zh', kind, 'kind')))).toEqual([]);
  });
});

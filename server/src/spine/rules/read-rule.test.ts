import { describe, expect, it } from 'vitest';
import { shippedText, trialWorld } from '../../../../tests/judging/world.ts';
import { checkRule } from './check-rule.ts';
import type { RuleFault } from './rule-fault.ts';

const sound = shippedText('region-breach');

function faultsOf(text: string, id = 'region-breach'): readonly RuleFault[] {
  const check = checkRule(text, id, trialWorld);
  return check.outcome === 'refused' ? check.faults : [];
}

/** The sound rule with one passage replaced; the passage must be there. */
function changed(from: string, to: string): string {
  expect(sound).toContain(from);
  return sound.replace(from, to);
}

describe('a rule is refused', () => {
  it.each([
    ['an id that is not the name of its file', 'id: region-breach', 'id: other', 'not-the-file-name', 'id'],
    ['a title in one language only', '  zh: 超出约定使用区域\n', '', 'missing-part', 'title.zh'],
    ['an unknown part', 'severity: high', 'severity: high\nsevertiy: low', 'unknown-part', 'severtiy'],
    ['an unknown severity', 'severity: high', 'severity: awful', 'not-a-choice', 'severity'],
    ['an unknown kind of observation', 'reads: card-usage', 'reads: card-rumour', 'unknown-kind', 'reads'],
    ['an unknown zone', 'zone: Asia/Shanghai', 'zone: Asia/Nowhere', 'unknown-zone', 'zone'],
    ['an unknown measure', 'suggests: suspend-card', 'suggests: melt-card', 'unknown-measure', 'suggests'],
    ['a key that is no field', 'key: subject', 'key: observation.bytes', 'unknown-field', 'key'],
    [
      'an expression over an unknown field',
      "observation.mcc == '901'",
      "observation.mmc == '901'",
      'bad-expression',
      'guards.no-country.when',
    ],
    [
      'an expression of two types',
      "observation.mcc == '901'",
      'observation.mcc == 901',
      'bad-expression',
      'guards.no-country.when',
    ],
    [
      'a condition that is no condition',
      '"!(observation.mcc in bound.mccs)"',
      'observation.mcc',
      'wrong-type',
      'where',
    ],
    [
      'a number where an identifier stands',
      'mcc: "452", mnc: "04", plmn: "45204" }\n        - { at: 2026-03-01T10',
      'mcc: 452, mnc: "04", plmn: "45204" }\n        - { at: 2026-03-01T10',
      'wrong-shape',
      'examples.fires.0.observations.1.mcc',
    ],
    [
      'a moment without zone',
      '2026-03-01T10:00:00+08:00',
      '2026-03-01T10:00:00',
      'wrong-shape',
      'examples.fires.0.observations.2.at',
    ],
    [
      'a moment that is none',
      '2026-03-01T10:00:00+08:00',
      '2026-13-01T10:00:00+08:00',
      'bad-time',
      'examples.fires.0.observations.2.at',
    ],
    [
      'a guard no silent example names',
      '      guard: border-network\n',
      '',
      'guard-without-example',
      'guards.border-network',
    ],
    [
      'an example of a guard that is none',
      'guard: border-network',
      'guard: boarder-network',
      'unknown-guard',
      'examples.silent.4.guard',
    ],
    [
      'a firing example that stays silent',
      '      bound: { mccs: ["460"] }',
      '      bound: { mccs: ["460", "452"] }',
      'example-silent',
      'examples.fires.0',
    ],
    [
      'a firing example that fires elsewhere',
      'expect: [2]',
      'expect: [3]',
      'example-elsewhere',
      'examples.fires.0',
    ],
    [
      'a silent example that fires',
      '"901", mnc: "14", plmn: "90114"',
      '"902", mnc: "14", plmn: "90214"',
      'example-fires',
      'examples.silent.3',
    ],
    [
      'a guard that is not alone in keeping silent',
      'mcc: "901", mnc: "14", plmn: "90114"',
      'mcc: "460", mnc: "14", plmn: "90114"',
      'guard-not-alone',
      'examples.silent.3',
    ],
    [
      'a rule that cannot be evaluated on its example',
      'has(observation.mcc) && has(bound.mccs)',
      'has(bound.mccs)',
      'example-error',
      'examples.silent.1',
    ],
    [
      'no silent example',
      sound.slice(sound.indexOf('  silent:')),
      '  silent: []\n',
      'wrong-shape',
      'examples.silent',
    ],
    ['an anchor', 'severity: high', 'severity: &s high', 'alias-or-tag', 'severity'],
    ['a tag', 'severity: high', 'severity: !secret high', 'not-yaml', ''],
    ['a fraction', 'severity: high', 'severity: 1.5', 'not-a-value', 'severity'],
    ['a key given twice', 'severity: high', 'severity: high\nseverity: low', 'not-yaml', ''],
    ['a broken bracket', '{ mccs: ["460"] }', '{ mccs: ["460" }', 'not-yaml', ''],
  ])('for %s, at its place', (_name, from, to, code, path) => {
    const faults = faultsOf(changed(from, to));
    const fault = faults.find(each => each.code === code);
    expect(fault, JSON.stringify(faults)).toBeDefined();
    expect(fault?.path).toBe(path);
    expect(fault?.message.zh).toMatch(/[\u4e00-\u9fff]/);
    expect(fault?.mend.en.length).toBeGreaterThan(5);
    if (path !== '') expect(fault?.line).toBeGreaterThan(1);
  });

  it('with the line and column of the fault', () => {
    const line = sound.split('\n').findIndex(each => each.startsWith('severity')) + 1;
    expect(faultsOf(changed('severity: high', 'severity: awful'))[0]).toMatchObject({ line, column: 1 });
  });

  const states = (text: string): string => changed('severity: high', `severity: high\nstate:\n${text}`);
  it.each([
    ['a window of too many panes', '  n: { operator: count, window: 121m }', 'bad-window', 'state.n.window'],
    [
      'a rate over a civil day',
      '  n: { operator: rate, window: day, per: 1h }',
      'bad-duration',
      'state.n.window',
    ],
    ['a sum of text', '  n: { operator: sum, of: observation.mcc, window: day }', 'wrong-type', 'state.n.of'],
    ['a sum of nothing', '  n: { operator: sum, window: day }', 'missing-part', 'state.n.of'],
    ['a cap on a count', '  n: { operator: count, window: day, cap: 3 }', 'unknown-part', 'state.n.cap'],
    [
      'a look-back of years',
      '  n: { operator: absence, window: 1d, lookBack: 500d }',
      'bad-duration',
      'state.n.lookBack',
    ],
    [
      'a look-back shorter than the silence',
      '  n: { operator: absence, window: 3d, lookBack: 1d }',
      'bad-duration',
      'state.n.lookBack',
    ],
    [
      'two silences',
      '  a: { operator: absence, window: 1d, lookBack: 1d }\n  b: { operator: absence, window: 1d, lookBack: 1d }',
      'two-absences',
      'state.b',
    ],
    [
      'two states of one name',
      '  n: { operator: sum, of: observation.bytes, window: day }\n  nFull: { operator: count, window: day }',
      'name-taken',
      'state.nFull',
    ],
    [
      'a state that reads a state',
      '  a: { operator: count, window: day }\n  b: { operator: sum, of: state.a, window: day }',
      'bad-expression',
      'state.b.of',
    ],
    [
      'nine states',
      Array.from({ length: 9 }, (_, i) => `  n${i}: { operator: count, window: day }`).join('\n'),
      'too-many',
      'state',
    ],
  ])('for %s', (_name, text, code, path) => {
    expect(faultsOf(states(text)).map(fault => [fault.code, fault.path])).toContainEqual([code, path]);
  });

  it.each([
    ['of more than 64 KiB', `${sound}${'#'.repeat(70_000)}`, 'too-large'],
    ['of nested brackets', `id: ${'['.repeat(30_000)}`, 'too-deep'],
    ['of nested maps', `id: ${'{a: '.repeat(20)}1${'}'.repeat(20)}`, 'too-deep'],
    [
      'of aliases upon aliases',
      'a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n',
      'alias-or-tag',
    ],
    ['that is empty', '', 'wrong-shape'],
    ['that is a list', '- 1\n- 2\n', 'wrong-shape'],
    ['with a prototype for a key', '__proto__: { id: x }\n', 'not-a-value'],
  ])('when it is a text %s', (_name, text, code) => {
    expect(faultsOf(text).map(fault => fault.code)).toContain(code);
  });

  it('never by throwing, whatever the text', () => {
    for (let at = 0; at < sound.length; at += 37) {
      for (const inserted of ['\0', '\t', '*', '&', '!', '{', ']', ':', '\ud800', '"', '%']) {
        expect(() => faultsOf(sound.slice(0, at) + inserted + sound.slice(at + 1))).not.toThrow();
      }
    }
  });
});

describe('the version of a rule', () => {
  const versionOf = (text: string): string | null => {
    const check = checkRule(text, 'region-breach', trialWorld);
    return check.outcome === 'sound' ? check.rule.version : null;
  };

  it('does not change with comments and layout, and does with any content', () => {
    expect(versionOf(`# another remark\n${sound.replace('severity: high', 'severity:   "high"')}`)).toBe(
      versionOf(sound),
    );
    expect(versionOf(changed('severity: high', 'severity: low'))).not.toBe(versionOf(sound));
    expect(versionOf(sound)).toMatch(/^[0-9a-f]{16}$/);
  });
});

import { describe, expect, it } from 'vitest';
import { explainRule } from '../../server/src/spine/rules/explain.ts';
import { packIds, shippedRule } from './world.ts';

describe('the rules shipped for cards', () => {
  for (const id of packIds) {
    it(`${id} is sound: every example comes out as written, and each guard alone keeps one silent`, () => {
      const rule = shippedRule(id);
      expect(rule.id).toBe(id);
      expect(rule.version).toMatch(/^[0-9a-f]{16}$/);
    });

    it(`${id} says what it stands on with a clause, what would refute it, and shows why each guard is there (C-34, C-37)`, () => {
      const rule = shippedRule(id);
      expect(rule.basis.every(({ clause }) => clause !== undefined)).toBe(true);
      expect(rule.evidence.refutedBy.en).toMatch(/efuted|proof/);
      expect(rule.evidence.refutedBy.zh).toMatch(/推翻/);
      const shown = new Set(rule.examples.silent.map(({ guard }) => guard));
      for (const { name } of rule.guards) expect(shown, name).toContain(name);
    });

    it(`${id} is explained in both languages with its own values`, () => {
      const rule = shippedRule(id);
      const { lines } = explainRule(rule);
      for (const line of lines) {
        expect(line.en.length).toBeGreaterThan(3);
        expect(line.zh).toMatch(/[\u4e00-\u9fff]/);
      }
      expect(lines.some(line => line.en.includes(rule.where.text))).toBe(true);
      for (const guard of rule.guards)
        expect(lines.some(line => line.zh.includes(guard.title.zh))).toBe(true);
    });
  }
});

describe('the scenarios of OneLink 6.6 (C-33)', () => {
  const CALLS = Array.from({ length: 14 }, (_, i) => `25A${18 + i}`);

  it.each(CALLS)('%s is found by a rule that names it', call => {
    const named = packIds
      .map(shippedRule)
      .filter(({ basis }) => basis.some(({ clause }) => clause?.includes(call)));
    expect(named.length).toBeGreaterThan(0);
  });
});

import { describe, expect, it } from 'vitest';
import { explainRule } from '../../server/src/spine/rules/explain.ts';
import { shippedIds, shippedRule } from './world.ts';

describe('the rules shipped for cards', () => {
  for (const id of shippedIds) {
    it(`${id} is sound: every example comes out as written, and each guard alone keeps one silent`, () => {
      const rule = shippedRule(id);
      expect(rule.id).toBe(id);
      expect(rule.version).toMatch(/^[0-9a-f]{16}$/);
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

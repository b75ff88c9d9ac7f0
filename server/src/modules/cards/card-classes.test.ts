import { describe, expect, it } from 'vitest';
import { cardClassCatalogues } from '../../content.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import type { DatedFact } from '../../spine/contribution.ts';
import { readCardClasses, usualTerms } from './card-classes.ts';
import { boundAt } from './restrictions.ts';

const shipped = [...cardClassCatalogues()].map(([name, text]) => readCardClasses(text, name));
const NOW = Date.UTC(2026, 2, 1);

function restriction(body: DatedFact['body'], distance = 0): DatedFact {
  return {
    kind: 'restriction',
    body,
    fromMs: -Infinity,
    toMs: Infinity,
    distance,
    linkKind: distance === 0 ? null : 'under',
  };
}

function catalogue(from: string, burstBytes: number): string {
  return `
urn: urn:x
version: ${from}
title: { en: x, zh: 分类 }
inForce: { from: ${from}, to: null }
standing: house
source: [{ title: x }]
classes:
  - { id: other, title: { en: Other, zh: 其他 }, terms: { burstBytes: ${burstBytes} } }
`;
}

describe('the usual terms of a class', () => {
  it('hold until the contract or the card states its own, term by term', () => {
    const usual = boundAt([restriction({ class: 'metering' })], NOW, shipped);
    expect(usual).toMatchObject({ class: 'metering', burstBytes: 20_000_000, smsAllowed: false });
    const contract = restriction({ class: 'metering', burstBytes: 5, smsAllowed: true }, 1);
    expect(boundAt([contract], NOW, shipped)).toMatchObject({ burstBytes: 5, smsAllowed: true });
    const own = restriction({ burstBytes: 7 });
    expect(boundAt([own, contract], NOW, shipped)).toMatchObject({
      burstBytes: 7,
      smsAllowed: true,
      dormantDays: 30,
    });
  });

  it('are those of the class other for a card without a class, and for one nobody knows', () => {
    const other = usualTerms(shipped, 'other', NOW);
    expect(other).toMatchObject({ cardsPerImei: 3, speedKmh: 1000 });
    // What a card without a class may do is not known, so nothing is barred to it.
    expect(other).not.toHaveProperty('smsAllowed');
    expect(boundAt([], NOW, shipped)).toMatchObject(other);
    expect(boundAt([restriction({ class: 'unheard-of' })], NOW, shipped)).toMatchObject(other);
  });

  it('are those of the catalogue in force at the moment, the later one when two are', () => {
    const both = ['2026-01-01T00:00:00+08:00', '2026-03-01T00:00:00+08:00'].map((from, i) =>
      readCardClasses(catalogue(from, i + 1), 'x'),
    );
    const turn = Date.parse('2026-03-01T00:00:00+08:00');
    const at = (ms: number): unknown => usualTerms(both, 'other', ms)['burstBytes'];
    expect([0, turn - 1, turn].map(at)).toEqual([undefined, 1, 2]);
  });

  it('shipped are titled in both languages and know the nine classes of industry', () => {
    const ids = [...(shipped[0]?.terms.keys() ?? [])];
    for (const id of 'vehicle public-service retail smart-home agriculture industry medical logistics other'.split(
      ' ',
    ))
      expect(ids).toContain(id);
  });

  it('are refused whole, every fault named, when a term is none of ours or of another type', () => {
    const text = catalogue('2026-01-01', 1).replace(
      'burstBytes: 1',
      'burstBytes: many, cap: 1, swapWindow: true',
    );
    try {
      readCardClasses(text, 'x');
      expect.unreachable();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      expect(error.code).toBe('card-classes-invalid');
      for (const part of ['inForce.from', 'terms.burstBytes', 'terms.cap', 'terms.swapWindow'])
        expect(error.detail['faults']).toContain(part);
    }
  });
});

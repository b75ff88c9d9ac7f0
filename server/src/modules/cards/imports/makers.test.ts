import { expect, test } from 'vitest';
import { makersImport } from './makers.ts';

test('CR-10: a row names a maker, and each type it makes, between two moments', () => {
  const row = makersImport.row(
    {
      maker: ' Invented  Works',
      title: 'Invented Works Ltd.',
      tacs: '00990011 00990031',
      from: '2026-03-01',
    },
    'row 2',
  );
  const maker = { kind: 'device-maker', reference: 'Invented Works' };
  const types = ['00990011', '00990031'].flatMap(tac => [
    { do: 'subject', kind: 'device-type', reference: tac },
    { do: 'alias', kind: 'device-type', reference: tac, claim: `tac:${tac}` },
    {
      ...{ do: 'link', from: { kind: 'device-type', reference: tac }, linkKind: 'made-by', to: maker },
      ...{ replaces: true, fromMs: Date.UTC(2026, 2, 1) },
    },
  ]);
  expect(row).toEqual({
    registrations: [
      { do: 'subject', ...maker, attributes: { title: 'Invented Works Ltd.' } },
      { do: 'alias', ...maker, claim: 'maker:Invented Works' },
      ...types,
    ],
  });
});

test.each([
  [{}, 'maker: missing'],
  [{ maker: 'x'.repeat(121) }, 'maker: no name of up to 120 characters'],
  [{ maker: 'One', tacs: '0099' }, 'tacs: not eight digits (0099)'],
  [{ maker: 'One', tacs: '00990011', from: '2026-03-01', to: '2026-02-01' }, 'to: not after from'],
])('%j is refused: %s', (cells, refused) => {
  expect(makersImport.row(cells, 'row 2')).toEqual({ refused });
});

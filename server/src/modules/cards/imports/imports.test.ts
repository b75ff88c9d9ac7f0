import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DatedFact, ImportKind, ImportRow, Registration } from '../../../spine/contribution.ts';
import { boundAt } from '../restrictions.ts';
import { cardsImport } from './cards.ts';
import { contractsImport } from './contracts.ts';
import { aliasesImport, bindingsImport, outagesImport, poolsImport, swapWindowsImport } from './devices.ts';

const ICCID = '89454284200010500045';
const CARD = { kind: 'card', reference: '8945428420001050004' };

function registered(row: ImportRow): readonly Registration[] {
  if ('refused' in row) throw new Error(row.refused);
  return row.registrations;
}
function refused(row: ImportRow): string {
  return 'refused' in row ? row.refused : 'registered';
}
function facts(kind: ImportKind, cells: Record<string, string>): DatedFact[] {
  return registered(kind.row(cells, 'row 2')).flatMap(act =>
    act.do === 'fact'
      ? [
          {
            kind: act.factKind,
            body: act.body,
            fromMs: act.fromMs ?? -Infinity,
            toMs: act.toMs ?? Infinity,
            distance: 0,
            linkKind: null,
          },
        ]
      : [],
  );
}

describe("a platform's own name of a card", () => {
  it('is registered with the card or as an alias, and refused when it is none', () => {
    for (const kind of [cardsImport, aliasesImport]) {
      const acts = registered(kind.row({ iccid: ICCID, provider_sim: 'hologram-10001 HS0a' }, 'row 2'));
      const claims = acts.flatMap(act => (act.do === 'alias' ? [act.claim] : []));
      expect(claims.filter(claim => claim.startsWith('sim:'))).toEqual(['sim:hologram-10001', 'sim:HS0a']);
      expect(refused(kind.row({ iccid: ICCID, provider_sim: 'a/b' }, 'row 2'))).toContain('provider_sim');
    }
  });
});

describe('the import of cards', () => {
  it('registers the card, its identifiers, its contract and pool, and its own restrictions', () => {
    const acts = registered(
      cardsImport.row(
        {
          iccid: ICCID,
          imsi: '262011234567890; 901405100000000',
          msisdn: '+1440123123123',
          class: 'industry',
          contract: 'C-7',
          pool: 'depot-7',
          cap_mb: '100',
          regions: '262 26001',
          sms: 'no',
          from: '2026-03-01',
          zone: 'Asia/Shanghai',
        },
        'row 2',
      ),
    );
    const fromMs = Date.parse('2026-03-01T00:00:00+08:00');
    expect(acts).toEqual([
      {
        do: 'subject',
        ...CARD,
        class: 'industry',
        attributes: { luhn: 'ok', printed: ICCID },
      },
      { do: 'alias', ...CARD, claim: 'iccid:8945428420001050004' },
      { do: 'alias', ...CARD, claim: 'imsi:262011234567890', fromMs },
      { do: 'alias', ...CARD, claim: 'imsi:901405100000000', fromMs },
      { do: 'alias', ...CARD, claim: 'msisdn:1440123123123', fromMs },
      { do: 'subject', kind: 'contract', reference: 'C-7' },
      {
        do: 'link',
        from: CARD,
        linkKind: 'under',
        to: { kind: 'contract', reference: 'C-7' },
        replaces: true,
        fromMs,
      },
      { do: 'subject', kind: 'device-pool', reference: 'depot-7' },
      { do: 'link', from: CARD, linkKind: 'in', to: { kind: 'device-pool', reference: 'depot-7' }, fromMs },
      {
        do: 'fact',
        ...CARD,
        factKind: 'restriction',
        fromMs,
        body: {
          class: 'industry',
          zone: 'Asia/Shanghai',
          capBytes: 100_000_000,
          capWindow: 'month',
          mccs: ['262'],
          plmns: ['26001'],
          smsAllowed: false,
        },
      },
    ]);
  });

  it.each([
    [{ iccid: '8.96529E+19' }, 'iccid: damaged-number'],
    [{}, 'iccid: missing'],
    [{ iccid: '\\N' }, 'iccid: missing'],
    [{ iccid: ICCID, imsi: 'x' }, 'imsi: not-digits (x)'],
    [{ iccid: ICCID, imeis: '123' }, 'imeis: length (123)'],
    [{ iccid: ICCID, cap_mb: '0.0000001' }, 'cap_mb: number-not-integral'],
    [{ iccid: ICCID, cap_mb: '1', cap_bytes: '1' }, 'cap_bytes: stated beside cap_mb'],
    [{ iccid: ICCID, cap_mb: '1', cap_window: 'year' }, 'cap_window: neither month nor day'],
    [{ iccid: ICCID, regions: 'CN' }, 'regions: neither MCC nor PLMN (CN)'],
    [{ iccid: ICCID, tacs: '1234567' }, 'tacs: not eight digits (1234567)'],
    [{ iccid: ICCID, sms: 'maybe' }, 'sms: neither yes nor no'],
    [
      { iccid: ICCID, from: '2026-02-30' },
      'from: no time (wanted like 2026-03-01 or 2026-03-01T08:00+08:00)',
    ],
    [{ iccid: ICCID, from: '2026-03-02', to: '2026-03-02' }, 'to: not after from'],
    [{ iccid: 'ICCID', msisdn: 'MSISDN' }, 'header-row: the row holds column names'],
  ] as const)('%j is refused: %s', (cells, reason) => {
    expect(refused(cardsImport.row(cells, 'row 2'))).toBe(reason);
  });

  it('networks alone bind the card to those networks', () => {
    expect(boundAt(facts(cardsImport, { iccid: ICCID, regions: '46000' }), 0)).toMatchObject({
      mccs: [],
      plmns: ['46000'],
    });
  });

  it("a provider's figures and words are kept as they were written, a negative residual too", () => {
    const cells = {
      iccid: ICCID,
      residual_mb: '-37.72',
      used_mb: '37.72',
      owner: '100',
      is_physical: 'TRUE',
    };
    expect(registered(cardsImport.row(cells, ''))[0]).toMatchObject({
      attributes: { residualMb: '-37.72', usedMb: '37.72', owner: '100', isPhysical: 'TRUE' },
    });
    expect(Object.keys(cells).filter(name => !cardsImport.columns.includes(name))).toEqual([]);
  });

  it('C-32: secrets of a table are not taken over', () => {
    const acts = registered(
      cardsImport.row({ iccid: ICCID, ActivationCode: '1010', PIN1: '1234', QrCode: 'q' }, ''),
    );
    expect(JSON.stringify(acts)).not.toMatch(/1010|1234"|"q"/);
  });
});

describe('the other imports', () => {
  it('a binding holds from its beginning, and two devices can be bound at once', () => {
    const both = [
      ...facts(bindingsImport, { iccid: ICCID, imei: '35-209900-176148-1', from: '2026-03-01' }),
      ...facts(bindingsImport, {
        iccid: ICCID,
        imei: '3575200742653301',
        from: '2026-03-01',
        to: '2026-04-01',
      }),
    ];
    expect(new Set(both.map(fact => fact.kind)).size).toBe(2);
    expect(boundAt(both, Date.parse('2026-03-15'))).toMatchObject({
      imeis: ['35209900176148', '35752007426533'],
    });
    expect(boundAt(both, Date.parse('2026-04-01'))).toMatchObject({ imeis: ['35209900176148'] });
    expect(refused(bindingsImport.row({ iccid: ICCID }, ''))).toBe('imei: missing');
  });

  it('a pool row may list devices, place a card in it, or both', () => {
    const acts = registered(
      poolsImport.row({ pool: 'depot-7', imeis: '357520074265337 352099001761481', iccid: ICCID }, ''),
    );
    expect(acts.map(act => act.do)).toEqual(['subject', 'fact', 'fact', 'link']);
    expect(refused(poolsImport.row({ pool: 'depot-7' }, ''))).toContain('missing');
  });

  it('a swap window needs both ends and may bind the new device', () => {
    const window = { iccid: ICCID, from: '2026-03-01', to: '2026-03-03', imei: '357520074265337' };
    const terms = boundAt(facts(swapWindowsImport, window), Date.parse('2026-03-02'));
    expect(terms).toMatchObject({ swapWindow: true, imeis: ['35752007426533'] });
    expect(refused(swapWindowsImport.row({ iccid: ICCID, from: '2026-03-01' }, ''))).toBe('to: missing');
  });

  it('an outage holds between its moments, and a fence brings the scale of its latitude', () => {
    const outage = { iccid: ICCID, from: '2026-03-01', to: '2026-03-03', reason: 'a cell was down' };
    expect(boundAt(facts(outagesImport, outage), Date.parse('2026-03-02'))).toMatchObject({ outage: true });
    expect(boundAt(facts(outagesImport, outage), Date.parse('2026-03-04'))).not.toHaveProperty('outage');
    const fence = { iccid: ICCID, fence_latitude: '60', fence_longitude: '-30.5', fence_radius_m: '2000' };
    expect(boundAt(facts(cardsImport, fence), 0)).toMatchObject({
      fenceLatE6: 60_000_000,
      fenceLonE6: -30_500_000,
      fenceRadiusM: 2_000,
      fenceScale: 500,
    });
    for (const [column, text] of [
      ['fence_latitude', '91'],
      ['fence_longitude', ''],
      ['fence_radius_m', '200001'],
    ] as const)
      expect(refused(cardsImport.row({ ...fence, [column]: text }, ''))).toContain(column);
  });

  it('hosts are kept in small letters and without their star, numbers and districts as they are', () => {
    const reach = {
      iccid: ICCID,
      destinations: '*.Iot.Example.com .b.example',
      voice_peers: '10010 1861',
      areas: '5301',
    };
    expect(boundAt(facts(cardsImport, reach), 0)).toMatchObject({
      destinations: ['iot.example.com', 'b.example'],
      voicePeers: ['10010', '1861'],
      areas: ['5301'],
    });
  });

  it('C-14: a source may state another form of a card, which the arithmetic would not give', () => {
    const acts = registered(
      aliasesImport.row({ iccid: '8988303000123456789', iccid_alias: '89883030001234567890' }, ''),
    );
    expect(acts).toEqual([
      { do: 'alias', kind: 'card', reference: '8988303000123456789', claim: 'iccid:89883030001234567890' },
    ]);
  });

  it('a contract restricts those under it', () => {
    const terms = boundAt(
      facts(contractsImport, { contract: 'C-7', cap_bytes: '5', cap_window: 'day', voice: '否' }),
      0,
    );
    expect(terms).toMatchObject({ capBytes: 5, capWindow: 'day', voiceAllowed: false });
    expect(refused(contractsImport.row({ cap_bytes: '5' }, ''))).toBe('contract: missing');
  });

  it('no row makes an import throw', () => {
    const kinds = [
      cardsImport,
      contractsImport,
      bindingsImport,
      poolsImport,
      swapWindowsImport,
      aliasesImport,
    ];
    const value = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.constantFrom(ICCID, '357520074265337', '2026-03-01', '100'),
    );
    for (const kind of kinds) {
      const cells = fc.dictionary(fc.constantFrom(...kind.columns), value);
      fc.assert(
        fc.property(cells, row => 'refused' in kind.row(row, '') || 'registrations' in kind.row(row, '')),
      );
    }
  });
});

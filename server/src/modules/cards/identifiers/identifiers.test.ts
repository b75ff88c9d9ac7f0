import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readClaim } from './claims.ts';
import { eidCheckDigits, readEid } from './eid.ts';
import { efIccid, fromEfIccid, type Iccid, readIccid } from './iccid.ts';
import { type Imei, printedImei, readImei } from './imei.ts';
import { readImsi } from './imsi.ts';
import { luhnCheck, luhnDigit } from './luhn.ts';
import { readMsisdn } from './msisdn.ts';
import { decodePlmn, encodePlmn, hasNoCountry, mncFromNumber, mncLength, readPlmn } from './plmn.ts';

function iccid(raw: string): Iccid {
  const read = readIccid(raw);
  if ('fault' in read) throw new Error(read.fault);
  return read;
}
function imei(raw: string): Imei {
  const read = readImei(raw);
  if ('fault' in read) throw new Error(read.fault);
  return read;
}

describe('the vectors of cards.md §2.2', () => {
  it.each([
    '89454284200010500045',
    '89454211095593135450',
    '89454284200010500060',
    '89454209864904920296',
    '89450421180216254864',
    '89852351123040005012',
  ])('ICCID %s passes Luhn and is keyed by its first 19 digits', raw => {
    expect(iccid(raw)).toMatchObject({ luhn: 'ok', canonical: raw, key: raw.slice(0, 19) });
  });
  it('ICCID 8944476500008878576F is a 19-digit card that passes Luhn, with its EF bytes', () => {
    expect(iccid('8944476500008878576F')).toMatchObject({
      canonical: '8944476500008878576',
      key: '8944476500008878576',
      luhn: 'ok',
    });
    expect(efIccid('8944476500008878576')).toBe('984474560000888775F6');
    expect(fromEfIccid('984474560000888775F6')).toBe('8944476500008878576F');
  });
  it('EF_ICCID of 89454284200010500045 is 98542448020001050054', () => {
    expect(efIccid('89454284200010500045')).toBe('98542448020001050054');
  });
  it('the 1NCE pair fails Luhn in both forms and stays two keys until a source states the alias', () => {
    expect(iccid('8988303000123456789')).toMatchObject({ luhn: 'bad', key: '8988303000123456789' });
    expect(iccid('89883030001234567890')).toMatchObject({ luhn: 'bad', key: '89883030001234567890' });
  });
  it('the ukama cards fail, pass by chance and fail, and are three cards of 19 digits', () => {
    const read = ['8910300000003540855', '8910300000003540845', '8910300000003540835'].map(iccid);
    expect(read.map(card => card.luhn)).toEqual(['bad', 'ok', 'bad']);
    expect(new Set(read.map(card => card.key)).size).toBe(3);
    expect(read.every(card => card.key.length === 19)).toBe(true);
  });
  it('the IoTOS seed card fails Luhn and is accepted', () => {
    expect(iccid('89861231231231231231')).toMatchObject({ luhn: 'bad', key: '89861231231231231231' });
  });
  it('898604B719227100nnnn keeps its letters, has no known issuer and no Luhn', () => {
    expect(iccid('898604b7192271001234')).toMatchObject({
      canonical: '898604B7192271001234',
      luhn: 'not-applicable',
      issuerHint: null,
    });
  });
  it('IMEISV 3575200742653301 is device 35752007426533, printed 357520074265337, version 01', () => {
    expect(imei('3575200742653301')).toMatchObject({ key: '35752007426533', svn: '01', form: 'imeisv' });
    expect(printedImei('35752007426533')).toBe('357520074265337');
  });
  it('35-209900-176148-1 is 352099001761481 and passes Luhn', () => {
    expect(imei('35-209900-176148-1')).toMatchObject({ key: '35209900176148', luhn: 'ok', tac: '35209900' });
    expect(printedImei('35209900176148')).toBe('352099001761481');
  });
  it('two IMEISVs that differ in the software version are one device', () => {
    expect(imei('3565107219683023').key).toBe(imei('3565107219683099').key);
    expect(imei('3565107219683023').svn).not.toBe(imei('3565107219683099').svn);
  });
  it.each([
    ['89049032123451234512345678901235', 'ok'],
    ['89086030202200000022000023022943', 'ok'],
    ['89044045116727494800000004479366', 'ok'],
    ['89049032123451234512345678901234', 'bad'],
  ])('EID %s is %s', (raw, check) => {
    expect(readEid(raw)).toMatchObject({ digits: raw, check });
  });
  it('EID 890490321234512345123456789012 has the check digits 35', () => {
    expect(eidCheckDigits('890490321234512345123456789012')).toBe('35');
  });
  it.each([
    ['123456', '214', '653'],
    ['62F210', '262', '01'],
    ['130062', '310', '260'],
    ['64F000', '460', '00'],
  ])('PLMN bytes %s are %s/%s, both ways', (bytes, mcc, mnc) => {
    expect(decodePlmn(Buffer.from(bytes, 'hex'))).toEqual({ mcc, mnc, plmn: mcc + mnc });
    expect(encodePlmn(mcc, mnc)).toBe(bytes);
  });
});

describe('identifiers from the field', () => {
  it('CR-01: an ICCID that a spreadsheet rounded is refused as a damaged number', () => {
    expect(readIccid('8.96529E+19')).toEqual({ fault: 'damaged-number' });
    expect(readIccid('8965290000000000000.0')).toEqual({ fault: 'damaged-number' });
    expect(readImei('3.5752E+14')).toEqual({ fault: 'damaged-number' });
  });
  it('CR-02: padding F is stripped at the ends and never inside', () => {
    expect(iccid('8944476500008878576f').canonical).toBe('8944476500008878576');
    expect(iccid('898600F5123456789012').canonical).toBe('898600F5123456789012');
  });
  it('CR-03: hexadecimal letters are accepted', () => {
    expect(iccid('898600B5123456789012').key).toBe('898600B5123456789012');
    expect(iccid('898604E71922710012345').key).toHaveLength(21);
  });
  it('CR-04: 20 digits from a modem and 19 from the portal resolve to one key', () => {
    expect(iccid('89454284200010500045').key).toBe(iccid('8945428420001050004').key);
  });
  it('CR-05: 18 to 22 characters are allowed, 17 and 23 are not', () => {
    for (const length of [18, 19, 20, 21, 22])
      expect(readIccid('89'.padEnd(length, '1'))).toHaveProperty('key');
    expect(readIccid('89'.padEnd(17, '1'))).toEqual({ fault: 'length' });
    expect(readIccid('89'.padEnd(23, '1'))).toEqual({ fault: 'length' });
  });
  it('CR-06, C-12: a wrong check digit is a flag on the claim, not a refusal', () => {
    expect(readClaim('iccid', '89861231231231231231')).toEqual({
      claim: 'iccid:89861231231231231231',
      flags: ['iccid-luhn-bad'],
    });
    expect(readClaim('eid', '89049032123451234512345678901234')).toMatchObject({ flags: ['eid-check-bad'] });
  });
  it('CR-07: an unknown issuer never blocks, a known one is a hint of low confidence', () => {
    expect(iccid('8910300000003540855').issuerHint).toBeNull();
    expect(iccid('89860012345678901234').issuerHint).toMatchObject({ confidence: 'low' });
  });
  it('CR-08: leading zeros stay, and an IMEI that lost one is not padded', () => {
    expect(imei('01234567890123').tac).toBe('01234567');
    expect(readImei('1234567890123')).toEqual({ fault: 'length' });
  });
  it('CR-09: a MEID is told apart and not cut to an IMEI', () => {
    expect(readImei('A1000012345678')).toEqual({ fault: 'meid' });
    expect(readImei('12345678901234567890')).toEqual({ fault: 'length' });
  });
  it('C-13: what fails its format makes no claim', () => {
    expect(readClaim('iccid', '1234')).toEqual({ fault: 'length' });
    expect(readClaim('imsi', 'unknown')).toEqual({ fault: 'not-digits' });
    expect(readClaim('msisdn', 'Wavely')).toEqual({ fault: 'not-e164' });
  });
  it('no IMEI reported (all zeros) is not a device', () => {
    expect(readImei('0000000000000000')).toEqual({ fault: 'all-zero' });
  });
  it('the spare 15th digit 0 on the wire is not a wrong check digit', () => {
    expect(imei('357520074265330').luhn).toBe('not-applicable');
    expect(imei('357520074265331').luhn).toBe('bad');
  });
});

describe('IMSI, MNC and numbers', () => {
  it.each([
    ['262011234567890', '262', '01'],
    ['310260123456789', '310', '260'],
    ['460001234567890', '460', '00'],
    ['232323232323232', '232', '32'],
  ])('IMSI %s splits into %s and %s', (raw, mcc, mnc) => {
    expect(readImsi(raw)).toMatchObject({ mcc, mnc, isMncUncertain: false });
  });
  it('an IMSI of an unassigned country or of one with both lengths keeps its MNC uncertain', () => {
    expect(readImsi('133713371337133')).toMatchObject({ mcc: '133', mnc: null, isMncUncertain: true });
    expect(readImsi('405801234567890')).toMatchObject({ mnc: null, isMncUncertain: true });
    expect(readImsi('2620112345678901')).toEqual({ fault: 'length' });
  });
  it('MNC 01 and 001 stay apart, and a numeric 1 is padded and marked where that is a guess', () => {
    expect(readPlmn('00101')).toMatchObject({ mnc: '01' });
    expect(readPlmn('001001')).toMatchObject({ mnc: '001' });
    expect(mncFromNumber(1, '001')).toEqual({ mnc: '01', uncertain: true });
    expect(mncFromNumber(1, '262')).toEqual({ mnc: '01', uncertain: false });
    expect(mncFromNumber(4, '310')).toEqual({ mnc: '004', uncertain: false });
    expect(mncLength('901')).toBeNull();
    expect(hasNoCountry('901')).toBe(true);
  });
  it('a Chinese IoT number of 13 digits and an international one with + are read; a national form is not', () => {
    expect(readMsisdn('1440123123123')).toMatchObject({ digits: '1440123123123' });
    expect(readMsisdn('+4593709603')).toMatchObject({ digits: '4593709603' });
    expect(readMsisdn('0123456789')).toEqual({ fault: 'not-e164' });
  });
});

describe('properties', () => {
  it('appending its Luhn digit always makes a number that passes', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{10,25}$/), digits => luhnCheck(digits + luhnDigit(digits)) === 'ok'),
    );
  });
  it('EF_ICCID there and back is the same characters', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^89\d{16,18}$/), text =>
        fromEfIccid(efIccid(text) ?? '').startsWith(text),
      ),
    );
  });
  it('computed EID check digits always check', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^89\d{28}$/), text => {
        const read = readEid(text + eidCheckDigits(text));
        return 'check' in read && read.check === 'ok';
      }),
    );
  });
  it('no text makes a reader throw', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        readIccid(text);
        readImei(text);
        readPlmn(text);
        for (const kind of ['iccid', 'imsi', 'eid', 'msisdn'] as const) readClaim(kind, text);
        return true;
      }),
    );
  });
});

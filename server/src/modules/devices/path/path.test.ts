import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { boolean, context, integer, octets, oid, seq, tagged } from '../../../kernel/der/encode.ts';
import { DerReader } from '../../../kernel/der/read.ts';
import { DAY_MS } from '../../../kernel/time.ts';
import { newSerial } from '../certificates/issue.ts';
import { readPublicKey, signatureOf } from '../x509/algorithms.ts';
import { keyIdOf, signed, toBeSigned } from '../x509/certificate.ts';
import { certificateList, REASONS, type Reason } from '../x509/crl.ts';
import * as extensions from '../x509/extensions.ts';
import { type NameParts, nameOf } from '../x509/names.ts';
import { readCertificate } from '../x509/read-certificate.ts';
import { authorityChain } from './chain.ts';

const NOW_MS = Date.UTC(2026, 10, 26, 12);
const { OID } = extensions;

interface Authority {
  readonly der: Buffer;
  readonly name: Buffer;
  readonly privateKey: KeyObject;
}

/** An authority below another one, or a root; with more extensions, and without those that are replaced. */
function authority(
  parts: NameParts,
  above: Authority | null,
  more: readonly Buffer[] = [],
  pathLength = 3,
): Authority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const { key } = readPublicKey(new DerReader(spki));
  const name = nameOf(parts);
  const algorithm = signatureOf('ec-p256').der;
  const tbs = toBeSigned({
    ...{ serial: newSerial(), algorithm, issuer: above?.name ?? name, subject: name, spki },
    ...{ notBeforeMs: NOW_MS - DAY_MS, notAfterMs: NOW_MS + 100 * DAY_MS },
    extensions: [
      extensions.basicConstraints(true, pathLength),
      extensions.keyUsage(['key-cert-sign', 'crl-sign']),
      extensions.subjectKeyId(keyIdOf(key)),
      ...more,
    ],
  });
  const der = signed(tbs, algorithm, sign('sha256', tbs, above?.privateKey ?? privateKey));
  return { der, name, privateKey };
}

/** A list of an authority's; `more` are extensions of the list. */
function listOf(
  of: Authority,
  revoked: readonly (readonly [Authority, Reason])[],
  { number = 1, endsMs = NOW_MS + DAY_MS, more = [] as Buffer[] } = {},
): Buffer {
  return certificateList(
    {
      ...{ algorithm: signatureOf('ec-p256').der, issuer: of.name },
      ...{ thisUpdateMs: NOW_MS - 2 * DAY_MS, nextUpdateMs: endsMs },
      revoked: {
        count: revoked.length,
        serials: Buffer.concat(revoked.map(([each]) => readCertificate(each.der).serial)),
        revokedAtMs: Float64Array.from(revoked, () => NOW_MS - DAY_MS),
        reasons: Uint8Array.from(revoked, ([, reason]) => REASONS[reason]),
      },
      extensions: [extensions.crlNumber(number), ...more],
    },
    tbs => sign('sha256', tbs, of.privateKey),
  );
}

const named = (commonName: string): NameParts => [
  ['organization', 'Test'],
  ['commonName', commonName],
];
const critical = (id: string, value: Buffer): Buffer => seq(oid(id), boolean(true), octets(value));

/** What is wrong with a chain, in the words people are told; null for nothing. */
function wrong(
  last: Authority,
  above: readonly Authority[],
  lists: readonly Buffer[] | null = null,
): string | null {
  try {
    authorityChain(
      last.der,
      above.map(each => each.der),
      NOW_MS,
      lists,
    );
    return null;
  } catch (thrown) {
    return (thrown as { detail: { what: string } }).detail.what;
  }
}

describe('a chain of an outside authority (RFC 5280 §6)', () => {
  const root = authority(named('Root'), null);
  const middle = authority(named('Middle'), root);
  const last = authority(named('Issuing'), middle);

  it('is accepted in any order, and by names that are written otherwise (§7.1)', () => {
    expect(wrong(last, [middle, root])).toBeNull();
    expect(wrong(last, [root, middle])).toBeNull();
    const shouting = { ...middle, name: nameOf(named('  MIDDLE ')) };
    expect(wrong(authority(named('Issuing'), shouting), [middle, root])).toBeNull();
  });

  it('is refused where an authority allows no more below it', () => {
    const short = authority(named('Short'), root, [], 0);
    expect(wrong(authority(named('Issuing'), short), [short, root])).toContain('pathLenConstraint');
    const bound = authority(named('Bound root'), null, [], 0);
    expect(wrong(authority(named('Issuing'), bound), [bound])).toContain('pathLenConstraint');
  });

  it('is refused where a name lies outside what one above allows, the root included', () => {
    const only = (parts: NameParts) =>
      critical(OID.nameConstraints, seq(tagged(0, seq(tagged(4, nameOf(parts))))));
    for (const place of ['root', 'middle'] as const) {
      const top = authority(named('Top'), null, place === 'root' ? [only([['organization', 'Other']])] : []);
      const own = place === 'middle' ? [only([['organization', 'Other']])] : [];
      const inner = authority(place === 'root' ? [['organization', 'Other']] : named('Inner'), top, own);
      expect(wrong(authority(named('Issuing'), inner), [inner, top])).toContain('nameConstraints');
      const fit = authority([['organization', 'other '], ...named('Issuing').slice(1)], inner);
      expect(wrong(fit, [inner, top])).toBeNull();
    }
  });

  it.each([
    ['mail', extensionOf(0x81, 'a@good.test'), [0x81, 'good.test'], [0x81, 'test']],
    ['a host', extensionOf(0x82, 'a.good.test'), [0x82, 'good.test'], [0x82, 'ood.test']],
    ['an address', extensionOf(0x86, 'https://a.good.test/x'), [0x86, '.good.test'], [0x86, 'good.test']],
    [
      'a number',
      extensionOf(0x87, [10, 1, 2, 3]),
      [0x87, [10, 1, 0, 0, 255, 255, 0, 0]],
      [0x87, [10, 2, 0, 0, 255, 255, 0, 0]],
    ],
  ] as const)('heeds constraints on %s', (_, name, allowed, other) => {
    const base = ([tag, value]: readonly [number, string | readonly number[]]) =>
      seq(context(tag & 0x1f, bytesOf(value)));
    const under = (list: Buffer) => {
      const top = authority(named('Top'), null, [critical(OID.nameConstraints, seq(list))]);
      return wrong(authority(named('Issuing'), top, [name]), [top]);
    };
    expect(under(tagged(0, base(allowed)))).toBeNull();
    expect(under(tagged(0, base(other)))).toContain('nameConstraints');
    expect(under(tagged(1, base(allowed)))).toContain('nameConstraints');
    expect(under(tagged(1, base(other)))).toBeNull();
  });

  it('is refused where a policy is required and none goes through', () => {
    const required = critical(OID.policyConstraints, seq(context(0, Buffer.of(0))));
    const policy = (...ids: string[]) =>
      seq(oid(OID.certificatePolicies), octets(seq(...ids.map(id => seq(oid(id))))));
    const strict = authority(named('Strict'), root, [required, policy('1.2.3.4')]);
    expect(wrong(authority(named('Issuing'), strict), [strict, root])).toContain('polic');
    expect(wrong(authority(named('Issuing'), strict, [policy('1.2.3.5')]), [strict, root])).toContain(
      'polic',
    );
    expect(wrong(authority(named('Issuing'), strict, [policy('1.2.3.4')]), [strict, root])).toBeNull();
  });

  it('is refused for a critical extension that nobody here understands', () => {
    const strange = authority(named('Issuing'), root, [critical('1.2.3.4.5', integer(1))]);
    expect(wrong(strange, [root])).toBe('critical extension 1.2.3.4.5');
  });

  it('ends in bounded work where authorities certify one another in circles', () => {
    const rings = Array.from({ length: 7 }, () => authority(named('Ring'), null));
    const all = rings.map((each, n) => authorityBy(rings[(n + 1) % 7] as Authority, each));
    expect(wrong(authority(named('Issuing'), all[0] as Authority), [...all, root])).not.toBeNull();
  });
});

/** The same name and key, certified by another. */
function authorityBy(above: Authority, own: Authority): Authority {
  const { publicKey } = readCertificate(own.der);
  const algorithm = signatureOf('ec-p256').der;
  const tbs = toBeSigned({
    ...{ serial: newSerial(), algorithm, issuer: above.name, subject: own.name, spki: publicKey.spki },
    ...{ notBeforeMs: NOW_MS - DAY_MS, notAfterMs: NOW_MS + DAY_MS },
    extensions: [extensions.basicConstraints(true, null), extensions.keyUsage(['key-cert-sign', 'crl-sign'])],
  });
  return { ...own, der: signed(tbs, algorithm, sign('sha256', tbs, above.privateKey)) };
}

function extensionOf(tag: number, value: string | readonly number[]): Buffer {
  return seq(oid(OID.subjectAltName), octets(seq(context(tag & 0x1f, bytesOf(value)))));
}

function bytesOf(value: string | readonly number[]): Buffer {
  return typeof value === 'string' ? Buffer.from(value, 'latin1') : Buffer.from(value);
}

describe('lists of what is revoked above an outside authority (RFC 5280 §6.3)', () => {
  const root = authority(named('Root'), null);
  const middle = authority(named('Middle'), root);
  const last = authority(named('Issuing'), middle);
  const above = [middle, root];
  const ofMiddle = listOf(middle, []);

  it('must tell of each one below the root, and stop who stands on one', () => {
    expect(wrong(last, above, [listOf(root, []), ofMiddle])).toBeNull();
    expect(wrong(last, above, [listOf(root, [])])).toContain('no list');
    expect(wrong(last, above, [listOf(root, [[middle, 'key-compromise']]), ofMiddle])).toBe('revoked');
    expect(wrong(last, above, [listOf(root, []), listOf(middle, [[last, 'certificate-hold']])])).toBe(
      'revoked',
    );
    expect(wrong(last, above, [listOf(root, [[last, 'superseded']]), ofMiddle])).toBeNull();
  });

  it('tell nothing when they ended, were signed by another key, or say what nobody here understands', () => {
    const other = authority(named('Root'), null);
    const strange = critical('1.2.3.4.5', integer(1));
    for (const list of [
      listOf(root, [], { endsMs: NOW_MS - 1_000 }),
      listOf({ ...other, name: root.name }, []),
      listOf(root, [], { more: [strange] }),
    ])
      expect(wrong(last, above, [list, ofMiddle])).toContain('no list');
  });

  it('are added to by deltas, which may also take somebody off', () => {
    const delta = (revoked: readonly (readonly [Authority, Reason])[], base: number, number: number) =>
      listOf(root, revoked, { number, more: [extensions.deltaCrlIndicator(base)] });
    const held = listOf(root, [[middle, 'certificate-hold']], { number: 5 });
    const free = listOf(root, [], { number: 5 });
    const told = (list: Buffer, ...deltas: Buffer[]) => wrong(last, above, [list, ...deltas, ofMiddle]);
    expect(told(free, delta([[middle, 'superseded']], 5, 6))).toBe('revoked');
    expect(told(held, delta([[middle, 'remove-from-crl']], 5, 6))).toBeNull();
    // A delta of a later list adds to that one alone.
    expect(told(held, delta([[middle, 'remove-from-crl']], 6, 7))).toBe('revoked');
    expect(wrong(last, above, [delta([], 5, 6), ofMiddle])).toContain('no list');
  });

  it('of another part of an authority’s certificates tell nothing of this one', () => {
    const scope = (...parts: Buffer[]) => [critical(OID.issuingDistributionPoint, seq(...parts))];
    const yes = Buffer.of(0xff);
    const told = (...parts: Buffer[]) =>
      wrong(last, above, [listOf(root, [], { more: scope(...parts) }), ofMiddle]);
    expect(told(context(2, yes))).toBeNull();
    expect(told(context(1, yes))).toContain('no list');
    expect(told(context(5, yes))).toContain('no list');
    // For one reason alone: the other seven stay open (onlySomeReasons is key compromise).
    expect(told(context(3, Buffer.of(6, 0x40)))).toContain('no list');
    expect(
      wrong(last, above, [
        listOf(root, [], { more: [extensions.issuingDistributionPoint('http://x/y.crl')] }),
        ofMiddle,
      ]),
    ).toContain('no list');
  });
});

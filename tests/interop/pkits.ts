/**
 * Paths of certificates before NIST: each case of PKITS (the Public Key Interoperability Test Suite) is given to the path
 * validation by which authorities of others are accepted (RFC 5280 §6), and must come out as the document says.
 *
 * One line for each section, and one for each expectation that is not met. The certificates are not kept here: they come
 * with Debian's or PyPI's package of test vectors, and what cannot be had is skipped by name.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRefusal } from '../../server/src/kernel/refusal.ts';
import { type FoundPath, findPath } from '../../server/src/modules/devices/path/find.ts';
import { readList } from '../../server/src/modules/devices/path/list.ts';
import { ANY_POLICY } from '../../server/src/modules/devices/path/policies.ts';
import { readCertificate } from '../../server/src/modules/devices/x509/read-certificate.ts';
import { pkitsFolder } from './pkits/vectors.ts';

/** A moment at which what is meant to be good is. */
const NOW_MS = Date.UTC(2026, 10, 1);
const TABLE = new URL('pkits/expected.tsv', import.meta.url);
const POLICY = '2.16.840.1.101.3.2.1.48.';
const SECTIONS: Readonly<Record<string, string>> = {
  '4.1': 'signatures',
  '4.2': 'validity',
  '4.3': 'name chaining',
  '4.4': 'basic revocation',
  '4.5': 'self-issued certificates',
  '4.6': 'basic constraints',
  '4.7': 'key usage',
  '4.8': 'policies',
  '4.9': 'requireExplicitPolicy',
  '4.10': 'policy mappings',
  '4.11': 'inhibitPolicyMapping',
  '4.12': 'inhibitAnyPolicy',
  '4.13': 'name constraints',
  '4.14': 'distribution points',
  '4.15': 'deltas',
  '4.16': 'unknown extensions',
};

/** Expectations that are not met, and why. One that is met after all is a failure of this list. */
const NOT_MET: Readonly<Record<string, string>> = {
  '4.1.4': 'DSA is accepted nowhere here: FIPS 186-5 (2023) took it out of what may sign',
  '4.1.5': 'DSA, as above; its parameters would be taken over from the issuer',
};

interface Case {
  readonly number: string;
  readonly name: string;
  readonly certificates: readonly string[];
  readonly lists: readonly string[];
  readonly isValid: boolean;
  readonly wanted: readonly string[];
  readonly settings: readonly string[];
}

function casesOf(text: string): Case[] {
  return text.split('\n').flatMap(line => {
    if (line === '' || line.startsWith('#')) return [];
    const [name = '', certificates = '', lists = '', outcome, wanted = '', settings = ''] = line.split('\t');
    return [
      {
        ...{ number: name.split(' ')[0] ?? '', name, certificates: certificates.split(' ') },
        ...{ lists: lists.split(' '), isValid: outcome === 'valid', wanted: wanted.split(',') },
        settings: settings.split(' '),
      },
    ];
  });
}

function outcomeOf(folder: string, one: Case): FoundPath {
  const certificate = (name: string) => readCertificate(readFileSync(join(folder, 'certs', `${name}.crt`)));
  try {
    const given = one.certificates.map(certificate);
    return findPath(
      given.at(-1) as (typeof given)[number],
      {
        anchors: [certificate('TrustAnchorRootCertificate')],
        certificates: given.slice(0, -1),
        lists: one.lists.map(name => readList(readFileSync(join(folder, 'crls', `${name}.crl`)))),
        nowMs: NOW_MS,
      },
      {
        policies: {
          wanted: new Set(one.wanted.map(each => (each === 'anyPolicy' ? ANY_POLICY : POLICY + each))),
          isExplicit: one.settings.includes('explicit'),
          forbidsMapping: one.settings.includes('no-mapping'),
          forbidsAny: one.settings.includes('no-any'),
        },
      },
    );
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    return { fault: `${thrown.code}: ${thrown.detail['what'] ?? ''}` };
  }
}

/** Whether all came out as they must; prints a line for each section. */
function check(folder: string): boolean {
  const cases = casesOf(readFileSync(TABLE, 'utf8'));
  const bySection = Map.groupBy(cases, ({ number }) => number.split('.').slice(0, 2).join('.'));
  let isGood = cases.length > 0;
  for (const [section, all] of bySection) {
    const wrong: string[] = [];
    const known: string[] = [];
    for (const one of all) {
      const outcome = outcomeOf(folder, one);
      const isMet = !('fault' in outcome) === one.isValid;
      const why = NOT_MET[one.number];
      if (isMet !== (why === undefined))
        wrong.push(`${one.name}: ${'fault' in outcome ? outcome.fault : 'accepted'}`);
      else if (why !== undefined) known.push(`not met: ${one.name}: ${why}`);
    }
    const met = all.length - wrong.length - known.length;
    console.log(
      `${wrong.length === 0 ? 'ok' : 'FAIL'} PKITS ${section} ${SECTIONS[section] ?? ''}: ${met} of ${all.length} as NIST expects`,
    );
    for (const line of [...wrong, ...known]) console.log(`    ${line}`);
    isGood &&= wrong.length === 0;
  }
  return isGood;
}

const place = await pkitsFolder();
if ('why' in place) console.log(`skipped PKITS: ${place.why}`);
else if (!existsSync(join(place.folder, 'crls'))) console.log('skipped PKITS: the vectors have no lists');
else process.exitCode = check(place.folder) ? 0 : 1;

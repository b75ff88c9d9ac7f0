/**
 * Authorities and certificates before strangers: a root, an authority and devices made at the command line of a real
 * server, and what it tells of them checked by OpenSSL (chain, lists, deltas, answers), by GnuTLS (answers, lists) and by
 * zlint (the form of certificates and lists by RFC 5280). A second authority has its key on a token of SoftHSM.
 *
 * One line for each check. What cannot be had here is skipped by name.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWalk, ran, softToken, type Walk } from './certificates/scene.ts';
import { missingProgram } from './debian/install.ts';

const ZLINT = 'github.com/zmap/zlint/v3/cmd/zlint@v3.6.4';
let hasFailed = false;

function tell(name: string, isOk: boolean, said = ''): void {
  console.log(`${isOk ? 'ok' : 'FAIL'} ${name}`);
  if (!isOk && said !== '') console.log(said.trim().replace(/^/gm, '    '));
  hasFailed ||= !isOk;
}

function skip(name: string, why: string): void {
  console.log(`skipped ${name}: ${why}`);
}

async function chains(walk: Walk, name: string, serial: string): Promise<void> {
  const { at } = walk;
  const chain = ['-CAfile', at('root/root.pem'), '-untrusted', at(`${name}.pem`)];
  const plain = await ran('openssl', 'verify', '-x509_strict', ...chain, at(`${serial}.pem`));
  tell(`openssl verify accepts the chain of ${serial} under ${name}`, plain.isGood, plain.said);
  const purpose = await ran('openssl', 'verify', '-purpose', 'sslclient', ...chain, at(`${serial}.pem`));
  tell(`openssl verify accepts ${serial} as a client`, purpose.isGood, purpose.said);
}

async function listsOf(walk: Walk, authority: number, revoked: string, good: string): Promise<void> {
  const { at } = walk;
  const serialOf = async (name: string) =>
    (await ran('openssl', 'x509', '-in', at(`${name}.pem`), '-noout', '-serial')).said.trim().split('=')[1] ??
    '';
  const serial = await serialOf(revoked);
  await walk.list(`/pki/${authority}/all.crl`, 'all');
  await walk.list(`/pki/${authority}/all-delta.crl`, 'all-delta', text => text.includes(serial));
  for (const [path, file] of [
    [`/pki/${authority}/all.crl`, 'all'],
    [`/pki/${authority}/all-delta.crl`, 'all-delta'],
    [`/pki/${authority}/0.crl`, 'shard'],
    [`/pki/${authority}/0-delta.crl`, 'shard-delta'],
  ] as const) {
    await walk.list(path, file);
    const verified = await ran(
      ...(['openssl', 'crl', '-inform', 'DER', '-in', at(`${file}.der`), '-noout'] as const),
      ...['-verify', '-CAfile', at('issuing.pem')],
    );
    tell(`openssl crl verifies ${file}`, /verify OK/.test(verified.said), verified.said);
  }
  const check = ['-crl_check', '-extended_crl', '-use_deltas', '-CAfile', at('root/root.pem')];
  const under = ['-untrusted', at('issuing.pem'), '-CRLfile', at('all.pem')];
  const base = await ran(
    'openssl',
    'verify',
    '-crl_check',
    '-CAfile',
    at('root/root.pem'),
    ...under,
    at(`${revoked}.pem`),
  );
  tell('openssl verify by the base alone does not know the revocation yet', base.isGood, base.said);
  const told = await ran(
    'openssl',
    'verify',
    ...check,
    ...under,
    '-CRLfile',
    at('all-delta.pem'),
    at(`${revoked}.pem`),
  );
  tell(
    'openssl verify by base and delta finds the revoked one revoked',
    /certificate revoked/.test(told.said),
    told.said,
  );
  const kept = await ran(
    'openssl',
    'verify',
    ...check,
    ...under,
    '-CRLfile',
    at('all-delta.pem'),
    at(`${good}.pem`),
  );
  tell('openssl verify by base and delta accepts the other', kept.isGood, kept.said);
  const shards = [
    '-untrusted',
    at('issuing.pem'),
    '-CRLfile',
    at('shard.pem'),
    '-CRLfile',
    at('shard-delta.pem'),
  ];
  const alone = await ran('openssl', 'verify', ...check, ...shards, at(`${revoked}.pem`));
  const isOfShard = readFileSync(at('shard-delta.pem'), 'utf8').includes(serial);
  tell(
    'openssl verify by a shard finds its own revoked one, and is of no use for others',
    isOfShard
      ? /certificate revoked/.test(alone.said)
      : !alone.isGood && !/certificate revoked/.test(alone.said),
    alone.said,
  );
  const whole = [...check, '-crl_check_all', '-CRLfile', at('root/root.crl.pem')];
  const all = await ran('openssl', 'verify', ...whole, ...under, at(`${good}.pem`));
  tell('openssl verify checks the whole chain against the root’s list as well', all.isGood, all.said);
}

async function answers(walk: Walk, revoked: string, good: string): Promise<void> {
  const { at, server } = walk;
  const url = `${server.address}/pki/ocsp`;
  const trust = ['-issuer', at('issuing.pem'), '-CAfile', at('issuing.chain.pem'), '-url', url];
  const asked = (...what: readonly string[]) => ran('openssl', 'ocsp', ...trust, ...what);
  for (const [name, state] of [
    [good, 'good'],
    [revoked, 'revoked'],
  ] as const) {
    const answer = await asked('-cert', at(`${name}.pem`), '-resp_text');
    const isGood =
      answer.said.includes('Response verify OK') && answer.said.includes(`${name}.pem: ${state}`);
    tell(
      `openssl ocsp is told ${state}, by a delegated responder, with its nonce`,
      isGood && !/WARNING: no nonce/.test(answer.said),
      answer.said,
    );
  }
  const unknown = await asked('-serial', '0x4142434445464748494a4b4c4d4e4f50');
  tell('openssl ocsp is told unknown of a serial never given', /: unknown/.test(unknown.said), unknown.said);
  const sha256 = await asked('-sha256', '-cert', at(`${good}.pem`));
  tell(
    'openssl ocsp is answered when it names the issuer by SHA-256',
    /: good/.test(sha256.said),
    sha256.said,
  );
  const strange = ['-issuer', at('root/root.pem'), '-cert', at('issuing.pem')];
  const other = await ran('openssl', 'ocsp', ...strange, '-url', url, '-CAfile', at('root/root.pem'));
  tell(
    'openssl ocsp is told unauthorized of another’s certificate',
    /unauthorized \(6\)/.test(other.said),
    other.said,
  );

  await ran(
    'openssl',
    'ocsp',
    '-issuer',
    at('issuing.pem'),
    '-cert',
    at(`${good}.pem`),
    '-no_nonce',
    '-reqout',
    at('asked.der'),
  );
  const text = readFileSync(at('asked.der')).toString('base64');
  const got = await fetch(`${url}/${encodeURIComponent(text)}`);
  writeFileSync(at('got.der'), Buffer.from(await got.arrayBuffer()));
  const read = await ran(
    ...(['openssl', 'ocsp', '-respin', at('got.der'), '-issuer', at('issuing.pem')] as const),
    ...['-cert', at(`${good}.pem`), '-CAfile', at('issuing.chain.pem'), '-no_nonce'],
  );
  const isKept =
    /max-age=\d+/.test(got.headers.get('cache-control') ?? '') && got.headers.get('expires') !== null;
  tell(
    'a question by GET is answered so that it may be kept, and openssl ocsp verifies it',
    /: good/.test(read.said) && isKept,
    read.said,
  );
  const slashes = await fetch(`${url}/${text}`);
  tell(
    'the same with its slashes as they are',
    slashes.status === 200 && slashes.headers.get('content-type') === 'application/ocsp-response',
  );

  const why = await missingProgram('ocsptool', 'gnutls-bin');
  if (why !== null) return skip('GnuTLS', why);
  for (const [name, isRevoked] of [
    [good, false],
    [revoked, true],
  ] as const) {
    const said = await ran(
      ...([
        'ocsptool',
        `--ask=${url}`,
        '--load-cert',
        at(`${name}.pem`),
        '--load-issuer',
        at('issuing.pem'),
      ] as const),
      ...['--outfile', at('gnutls.der'), '--nonce'],
    );
    const verified = await ran(
      ...(['ocsptool', '--verify-response', '--load-response', at('gnutls.der')] as const),
      ...['--load-trust', at('issuing.chain.pem')],
    );
    const isTold = new RegExp(`Certificate Status: ${isRevoked ? 'revoked' : 'good'}`).test(said.said);
    tell(
      `ocsptool asks, is told ${isRevoked ? 'revoked' : 'good'} and verifies it`,
      isTold && /Success/.test(verified.said),
      said.said + verified.said,
    );
  }
  const crl = await ran(
    'certtool',
    '--verify-crl',
    '--load-ca-certificate',
    at('issuing.pem'),
    '--infile',
    at('all.pem'),
  );
  tell('certtool verifies the list', crl.isGood && !/Not verified/i.test(crl.said), crl.said);
}

async function lint(walk: Walk, certificates: readonly string[], lists: readonly string[]): Promise<void> {
  const { at } = walk;
  const installed = await ran('env', `GOBIN=${at('bin')}`, 'go', 'install', ZLINT);
  if (!installed.isGood) return skip('zlint', installed.said.split('\n')[0] ?? '');
  for (const name of [...certificates, ...lists]) {
    const said = await ran(
      at('bin/zlint'),
      '-includeSources',
      'RFC5280,RFC5480,RFC5891,RFC8813',
      '-format',
      'pem',
      at(name),
    );
    const results = JSON.parse(said.said.slice(said.said.indexOf('{'))) as Record<
      string,
      { result?: string }
    >;
    const bad = Object.entries(results).filter(([, { result }]) => result === 'error' || result === 'fatal');
    const looked = Object.values(results).filter(({ result }) => result === 'pass').length;
    tell(
      `zlint finds no error of RFC 5280 in ${name} (${looked} lints passed)`,
      bad.length === 0 && looked > 2,
      JSON.stringify(bad),
    );
  }
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tw-pki-'));
  // The database's own user goes through it.
  chmodSync(folder, 0o755);
  const why =
    (await missingProgram('openssl', 'openssl')) ?? (await missingProgram('softhsm2-util', 'softhsm2'));
  const token = why === null ? await softToken(folder) : why;
  const walk = await openWalk(folder, typeof token === 'string' ? {} : token.env);
  try {
    const { at, line } = walk;
    const authority = await walk.authority('issuing', '--shards', '2');
    await walk.enrol('A1', authority);
    await walk.enrol('A2', authority, '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048');
    await walk.enrol('A3', authority, '-algorithm', 'ED25519');
    const lost = await walk.enrol('A4', authority);
    for (const serial of ['A1', 'A2', 'A3']) await chains(walk, 'issuing', serial);
    await walk.list(`/pki/${authority}/all.crl`, 'all');
    await line.json(
      'certificates',
      'revoke',
      String(lost),
      '--reason',
      'key-compromise',
      '--why',
      'the meter was stolen',
    );
    await listsOf(walk, authority, 'A4', 'A1');
    await answers(walk, 'A4', 'A1');
    await lint(
      walk,
      ['root/root.pem', 'issuing.pem', 'A1.pem', 'A2.pem', 'A3.pem'],
      ['all.pem', 'shard.pem'],
    );
    if (typeof token === 'string') skip('a key on a token', token);
    else {
      const second = await walk.authority('on-token', '--store', 'pkcs11');
      await walk.enrol('B1', second);
      await chains(walk, 'on-token', 'B1');
      await walk.list(`/pki/${second}/all.crl`, 'token');
      const verified = await ran(
        'openssl',
        'crl',
        '-in',
        at('token.pem'),
        '-noout',
        '-verify',
        '-CAfile',
        at('on-token.pem'),
      );
      tell('openssl crl verifies a list signed on the token', /verify OK/.test(verified.said), verified.said);
    }
  } finally {
    await walk.close();
    rmSync(folder, { recursive: true, force: true });
  }
  process.exitCode = hasFailed ? 1 : 0;
}

await main();

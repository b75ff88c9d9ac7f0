/**
 * EST before strangers: a fleet opened at the command line of a real server, and devices that fetch and renew their
 * certificates with strongSwan's `pki --est` and with curl and OpenSSL.
 *
 * One line for each check. What cannot be had here is skipped by name.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWalk, ran, type Walk } from './certificates/scene.ts';
import { missing, missingProgram } from './debian/install.ts';

let hasFailed = false;

function tell(name: string, isOk: boolean, said = ''): void {
  console.log(`${isOk ? 'ok' : 'FAIL'} ${name}`);
  if (!isOk && said !== '') console.log(said.trim().replace(/^/gm, '    '));
  hasFailed ||= !isOk;
}

interface Place {
  readonly walk: Walk;
  readonly url: string;
  readonly label: string;
}

/** A certificate for the listener, under an authority of its own that has nothing to do with devices. */
async function serverCertificate(at: (name: string) => string): Promise<void> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const top = ['-subj', '/CN=Server Root', '-keyout', at('top.key'), '-out', at('top.pem'), '-days', '30'];
  await ran('openssl', 'req', '-x509', ...key, ...top);
  await ran(
    'openssl',
    'req',
    '-new',
    ...key,
    '-subj',
    '/CN=localhost',
    '-keyout',
    at('est.key'),
    '-out',
    at('est.csr'),
  );
  writeFileSync(at('est.ext'), 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n');
  const signed = [
    '-CA',
    at('top.pem'),
    '-CAkey',
    at('top.key'),
    '-CAcreateserial',
    '-extfile',
    at('est.ext'),
  ];
  await ran('openssl', 'x509', '-req', '-in', at('est.csr'), ...signed, '-days', '30', '-out', at('est.pem'));
  for (const name of ['est.key', 'est.pem']) chmodSync(at(name), 0o644);
}

async function secretOf({ walk }: Place, fleet: number, serial: string): Promise<string> {
  const { at, line } = walk;
  writeFileSync(at('serials'), `${serial}\n`);
  await line.json('devices', 'expect', String(fleet), at('serials'), '--out', at('secrets.csv'));
  const [, row = ''] = readFileSync(at('secrets.csv'), 'utf8').trim().split('\n');
  return row.split(',')[1] ?? '';
}

async function request({ walk: { at } }: Place, serial: string, name: string): Promise<void> {
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    at(`${name}.key`),
  ];
  const made = ['-subj', `/CN=meter-3:${serial}`, '-outform', 'DER', '-out', at(`${name}.csr`)];
  await ran('openssl', 'req', '-new', ...key, ...made);
}

async function byCurl(place: Place, fleet: number): Promise<void> {
  const { walk, url, label } = place;
  const { at } = walk;
  const base = `${url}/.well-known/est/${label}`;
  const curl = (...args: readonly string[]) => ran('curl', '-sS', '--cacert', at('top.pem'), ...args);
  const decoded = async (from: string, to: string) => {
    writeFileSync(at(`${to}.p7`), Buffer.from(readFileSync(at(from), 'utf8'), 'base64'));
    const read = await ran('openssl', 'pkcs7', '-inform', 'DER', '-in', at(`${to}.p7`), '-print_certs');
    writeFileSync(at(`${to}.pem`), read.said);
  };
  const got = await curl(`${base}/cacerts`, '-o', at('ca.b64'));
  await decoded('ca.b64', 'ca');
  const count = readFileSync(at('ca.pem'), 'utf8').match(/BEGIN CERTIFICATE/g)?.length;
  tell('curl and openssl fetch the authority and its root', got.isGood && count === 2, got.said);
  const secret = await secretOf(place, fleet, 'C1');
  await request(place, 'C1', 'c1');
  const post = async (what: string, name: string, ...more: readonly string[]) => {
    writeFileSync(
      at(`${name}.b64`),
      readFileSync(at(`${name}.csr`))
        .toString('base64')
        .replace(/.{64}/g, '$&\n'),
    );
    const head = ['-H', 'Content-Type: application/pkcs10', '--data-binary', `@${at(`${name}.b64`)}`];
    return await curl(...head, ...more, '-w', '%{http_code}', '-o', at(`${name}.answer`), `${base}/${what}`);
  };
  const enrolled = await post('simpleenroll', 'c1', '-u', `C1:${secret}`);
  tell('curl enrols with base64 in lines', enrolled.said === '200', enrolled.said);
  await decoded('c1.answer', 'c1');
  const chain = ['-CAfile', at('root/root.pem'), '-untrusted', at('issuing.pem')];
  const verified = await ran('openssl', 'verify', '-x509_strict', ...chain, at('c1.pem'));
  tell('openssl verify accepts what was enrolled', verified.isGood, verified.said);
  await request(place, 'C1', 'c2');
  const own = ['--cert', at('c1.pem'), '--key', at('c1.key')];
  for (const version of ['1.2', '1.3']) {
    const exact = ['--tlsv1.2', '--tls-max', version, ...(version === '1.3' ? ['--tlsv1.3'] : [])];
    const renewed = await post('simplereenroll', 'c2', ...own, ...exact);
    tell(`curl renews with another key over TLS ${version}`, renewed.said === '200', renewed.said);
  }
  const none = await post('simplereenroll', 'c2');
  tell('curl without a certificate is refused', none.said === '401', none.said);
  const attributes = await curl(`${base}/csrattrs`, '-o', at('attributes.b64'));
  writeFileSync(at('attributes.der'), Buffer.from(readFileSync(at('attributes.b64'), 'utf8'), 'base64'));
  const read = await ran('openssl', 'asn1parse', '-inform', 'DER', '-in', at('attributes.der'));
  tell('openssl reads the attributes', attributes.isGood && /id-ecPublicKey/.test(read.said), read.said);
  const steps = await walk.line.run('devices', 'enrolments', '--fleet', String(fleet), '--steps');
  tell('the command line tells the step that was refused', /step 2, .*refused/.test(steps.out), steps.out);
}

async function byStrongSwan(place: Place, fleet: number): Promise<void> {
  const { walk, url, label } = place;
  const { at } = walk;
  const plugins = ['strongswan-pki', 'libstrongswan-standard-plugins', 'libstrongswan-extra-plugins'];
  const why = await missing(
    'strongSwan',
    async () => (await ran('pki', '--est', '--help')).isGood,
    ...plugins,
  );
  if (why !== null) return console.log(`skipped strongSwan: ${why}`);
  const secret = await secretOf(place, fleet, 'S1');
  await request(place, 'S1', 's1');
  const trust = ['--cacert', at('top.pem'), '--cacert', at('root/root.pem'), '--cacert', at('issuing.pem')];
  const est = (name: string, ...how: readonly string[]) =>
    ran(
      'sh',
      '-c',
      `"$@" > "$0"`,
      at(`${name}.pem`),
      ...['pki', '--est', '--url', `${url}/${label}`],
      ...[...['--in', at(`${name}.csr`), ...trust, '--outform', 'pem', ...how]],
    );
  const enrolled = await est('s1', '--userpass', `S1:${secret}`);
  const chain = ['-CAfile', at('root/root.pem'), '-untrusted', at('issuing.pem')];
  const first = await ran('openssl', 'verify', ...chain, at('s1.pem'));
  tell('strongSwan enrols', enrolled.isGood && first.isGood, enrolled.said + first.said);
  await request(place, 'S1', 's2');
  const renewed = await est('s2', '--cert', at('s1.pem'), '--key', at('s1.key'));
  const second = await ran('openssl', 'verify', ...chain, at('s2.pem'));
  tell('strongSwan renews with another key', renewed.isGood && second.isGood, renewed.said + second.said);
  const options = ['--cacert', at('top.pem'), '--cacert', at('root/root.pem')];
  const fetched = await ran(
    'sh',
    '-c',
    'cd "$0" && "$@"',
    walk.folder,
    ...[
      ...['pki', '--estca', '--url', `${url}/${label}`, ...options, '--caout', 'fetched', '--outform', 'pem'],
    ],
  );
  tell('strongSwan fetches the authority', fetched.isGood, fetched.said);
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tw-est-'));
  chmodSync(folder, 0o755);
  const at = (name: string): string => join(folder, name);
  for (const program of ['openssl', 'curl']) {
    const why = await missingProgram(program, program);
    if (why !== null) return console.log(`skipped EST: ${why}`);
  }
  await serverCertificate(at);
  const port = 41_000 + (process.pid % 20_000);
  const walk = await openWalk(folder, {
    THINGWARD_EST_PORT: String(port),
    THINGWARD_EST_CERT: at('est.pem'),
    THINGWARD_EST_KEY: at('est.key'),
  });
  try {
    const authority = await walk.authority('issuing');
    const fleet = await walk.line.json<{ id: number; label: string }>(
      ...['devices', 'fleets', 'add', 'meters', 'meter-3', '--authority', String(authority)],
    );
    const place = { walk, url: `https://localhost:${port}`, label: fleet.label };
    await byCurl(place, fleet.id);
    await byStrongSwan(place, fleet.id);
  } finally {
    await walk.close();
    rmSync(folder, { recursive: true, force: true });
  }
  process.exitCode = hasFailed ? 1 : 0;
}

await main();

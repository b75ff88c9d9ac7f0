import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as secureRequest } from 'node:https';
import { join } from 'node:path';
import { pemOf } from '../../../kernel/der/pem.ts';
import { DerReader } from '../../../kernel/der/read.ts';
import { fromBase64, toBase64 } from '../est/forms.ts';
import { deviceRequest } from './test-root.ts';

/** A client of EST for tests: one request over TLS, with whatever it shows. */

export interface EstPlace {
  readonly port: number;
  /** The listener's own certificate, PEM, which the client trusts. */
  readonly ca: string;
  readonly label: string;
}

export interface Shows {
  /** DER of the request; none for a GET. */
  readonly request?: Uint8Array;
  /** `user:secret` of HTTP Basic. */
  readonly basic?: string;
  readonly certificate?: { readonly der: Uint8Array; readonly key: KeyObject };
  readonly headers?: Readonly<Record<string, string>>;
}

export interface EstSaid {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export function askEst({ port, ca, label }: EstPlace, what: string, shows: Shows = {}): Promise<EstSaid> {
  const { request, basic, certificate, headers = {} } = shows;
  const shown =
    certificate === undefined
      ? {}
      : {
          cert: pemOf('CERTIFICATE', certificate.der),
          key: certificate.key.export({ type: 'pkcs8', format: 'pem' }),
        };
  return new Promise((resolve, reject) => {
    const sent = secureRequest(
      {
        ...{ host: '127.0.0.1', port, path: `/.well-known/est/${label}/${what}`, ca, agent: false, ...shown },
        method: request === undefined ? 'GET' : 'POST',
        headers: {
          ...(request === undefined ? {} : { 'content-type': 'application/pkcs10' }),
          ...(basic === undefined ? {} : { authorization: `Basic ${Buffer.from(basic).toString('base64')}` }),
          ...headers,
        },
      },
      response => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(parts).toString('latin1'),
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(request === undefined ? undefined : toBase64(request));
  });
}

/** The certificates of an answer, as our own reader of DER finds them. */
export function certificatesIn(body: string): Buffer[] {
  const whole = new DerReader(fromBase64(Buffer.from(body)) as Buffer).enter(0x30);
  whole.oid();
  const data = whole.enter(0xa0).enter(0x30);
  data.small();
  data.element(0x31);
  data.element(0x30);
  const list = data.enter(0xa0);
  const found: Buffer[] = [];
  while (!list.isAtEnd) found.push(Buffer.from(list.whole(list.element(0x30))));
  return found;
}

/** A device with a key of its own, and a request under its name. */
export function newDevice(reference: string) {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { reference, keys, request: () => deviceRequest([['commonName', reference]], keys).der };
}

/** A certificate and key for a listener on this machine, by OpenSSL; the names of the files. */
export function listenerFiles(
  folder: string,
  days = 3_650,
): { readonly certFile: string; readonly keyFile: string; readonly ca: string } {
  const [certFile, keyFile] = [join(folder, 'listener.pem'), join(folder, 'listener.key')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', String(days)];
  const name = ['-subj', '/CN=listener', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...key, ...name, '-keyout', keyFile, '-out', certFile], {
    stdio: 'ignore',
  });
  return { certFile, keyFile, ca: readFileSync(certFile, 'utf8') };
}

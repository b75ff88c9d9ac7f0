import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let pair: { readonly certFile: string; readonly keyFile: string } | undefined;

/** A gateway's own certificate, which its clients trust, made once for a file of tests. */
export function serverPair(): { readonly certFile: string; readonly keyFile: string } {
  if (pair !== undefined) return pair;
  const folder = mkdtempSync(join(tmpdir(), 'tw-gateway-'));
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '3650'];
  execFileSync('openssl', ['req', '-x509', ...made, '-out', certFile, ...name], { stdio: 'ignore' });
  pair = { certFile, keyFile };
  return pair;
}

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Logger } from '../../../kernel/log.ts';

/**
 * TLS 1.2 at least (RFC 9325 §3.1.1); of 1.2 only suites with forward secrecy and AEAD (§4.2). No session is resumed: a
 * resumed one would not present its certificate again (I-02).
 */
export const TLS_RULES = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
} as const;

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** The context of the files; throws where one is missing or the key is not the certificate's. */
export function readTls({ certFile, keyFile }: TlsFiles): SecureContextOptions & { digest: string } {
  const [cert, key] = [readFileSync(certFile), readFileSync(keyFile)];
  createSecureContext({ cert, key, ...TLS_RULES });
  const digest = createHash('sha256').update(cert).update(key).digest('hex');
  return { cert, key, ...TLS_RULES, digest };
}

/** A look whether the files changed: a good pair is used by new connections, another is told once and changes nothing. */
export function tlsRenewal(
  files: TlsFiles,
  first: string,
  use: (context: SecureContextOptions) => void,
  log: Logger,
): () => void {
  let [inUse, isTold] = [first, false];
  return () => {
    try {
      const { digest, ...context } = readTls(files);
      if (digest === inUse) return;
      use(context);
      inUse = digest;
      isTold = false;
      log.info({}, 'the gateway uses a new TLS certificate');
    } catch (fault) {
      if (!isTold) log.error({ err: fault }, 'the TLS files of the gateway cannot be used; the former stay');
      isTold = true;
    }
  };
}

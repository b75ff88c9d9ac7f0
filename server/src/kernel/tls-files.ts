import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { hex, sha256 } from './bytes.ts';
import type { Logger } from './log.ts';

/** TLS 1.2 at least (RFC 9325 §3.1.1); of 1.2 only suites with forward secrecy and AEAD (§4.2). */
export const TLS_RULES = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
} as const;

/** Where a listener's certificate (with what chains it, PEM) and its key lie. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A pair as it was read, and a name for what was read. */
export interface TlsPair {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly digest: string;
}

/** Reads the pair; throws when a file is missing or the key is not the certificate's. */
export function readTlsPair({ certFile, keyFile }: TlsFiles): TlsPair {
  const [cert, key] = [readFileSync(certFile), readFileSync(keyFile)];
  createSecureContext({ cert, key, ...TLS_RULES });
  return { cert, key, digest: hex(sha256(Buffer.concat([cert, key]))) };
}

/**
 * A look whether the files changed: when they hold a good pair, `use` is given it for new connections. A pair that is
 * half written or does not fit changes nothing and is told once. `listener` names whose files they are in the log.
 */
export function tlsRenewal(
  files: TlsFiles,
  first: TlsPair,
  use: (context: SecureContextOptions) => void,
  log: Logger,
  listener: string,
): () => void {
  let inUse = first.digest;
  let told = '';
  return () => {
    try {
      const { cert, key, digest } = readTlsPair(files);
      if (digest === inUse) return;
      use({ cert, key, ...TLS_RULES });
      inUse = digest;
      told = '';
      log.info({ listener }, 'a new TLS certificate is in use');
    } catch (fault) {
      const code = (fault as { code?: string }).code ?? 'unknown';
      if (told !== code)
        log.error({ listener, code }, 'the TLS files cannot be used; the former certificate stays');
      told = code;
    }
  };
}

import { readFileSync } from 'node:fs';
import type { Server as SecureServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import { hex, sha256 } from '../kernel/bytes.ts';
import type { Logger } from '../kernel/log.ts';
import { TLS_RULES } from '../kernel/tls-rules.ts';
import type { App } from './app.ts';

/** Where the certificate (with what chains it, PEM) and its key lie. */
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
 * A step that looks whether the files changed and, when they hold a good pair, has new connections use it. A pair
 * that is half written or does not fit changes nothing and is told once.
 */
export function tlsReloader(app: App, files: TlsFiles, first: TlsPair, log: Logger): () => void {
  let inUse = first.digest;
  let told = '';
  return () => {
    try {
      const pair = readTlsPair(files);
      if (pair.digest === inUse) return;
      const server = app.server as unknown as SecureServer;
      server.setSecureContext({ cert: pair.cert, key: pair.key, ...TLS_RULES });
      inUse = pair.digest;
      told = '';
      log.info({}, 'a new TLS certificate is in use');
    } catch (fault) {
      const code = (fault as { code?: string }).code ?? 'unknown';
      if (told !== code) log.error({ code }, 'the TLS files cannot be used; the former certificate stays');
      told = code;
    }
  };
}

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';

export interface ProviderProcess {
  readonly issuer: string;
  stop(): Promise<void>;
}

/** Starts the provider and waits until it listens. */
export async function startProvider(
  port: number,
  returnUrl: string,
  secret: string,
): Promise<ProviderProcess> {
  const args = [join(import.meta.dirname, 'serve.mjs'), String(port), returnUrl, secret];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', code => reject(new Error(`the provider ended with ${code}`)));
  });
  return {
    issuer: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGTERM');
      await gone;
    },
  };
}

/** A port that nobody listens on just now. */
export function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

import type { AddressInfo, Server } from 'node:net';
import { Refusal } from './refusal.ts';
import { readTlsPair, type TlsFiles, type TlsPair } from './tls-files.ts';

/** What keeps a listener of its own port from opening. */
export type ListenerCode = 'listener-port-refused' | 'listener-tls-refused';

/** The names of the settings that open a listener, for whoever must mend them. */
export interface ListenerSettings {
  readonly port: string;
  readonly host: string;
  readonly cert: string;
  readonly key: string;
}

/** Reads the pair when the server starts. Refuses `listener-tls-refused` for files that are missing or do not fit. */
export function pairAtStart(files: TlsFiles, { cert, key }: Pick<ListenerSettings, 'cert' | 'key'>): TlsPair {
  try {
    return readTlsPair(files);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : '';
    throw new Refusal<ListenerCode>('listener-tls-refused', { detail: { cert, key, said }, cause });
  }
}

/** Listens; the port it got. Refuses `listener-port-refused` for one in use, or an address that is not ours. */
export async function listenAt(
  server: Server,
  { port, host }: { readonly port: number; readonly host: string },
  settings: Pick<ListenerSettings, 'port' | 'host'>,
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const refused = (cause: Error): void => {
      const names = { portSetting: settings.port, hostSetting: settings.host };
      const detail = { host, port, ...names, said: cause.message };
      reject(new Refusal<ListenerCode>('listener-port-refused', { detail, cause }));
    };
    server.once('error', refused);
    server.listen(port, host, () => {
      server.off('error', refused);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

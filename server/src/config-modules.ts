import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Environment, wholeNumber } from './config-values.ts';

/** Settings of what modules open by themselves, by name. */
export type ModuleSettings = Readonly<Record<string, string | number | undefined>>;

/**
 * `THINGWARD_RADIUS_PORT` switches RADIUS accounting on (1813 by RFC 2866 §2; 0 takes a free port), at the address
 * `THINGWARD_RADIUS_HOST`; `THINGWARD_RADIUS_SECRETS` is the folder of the secrets of its clients.
 */
export function readModuleSettings(env: Environment, faults: string[]): ModuleSettings {
  const port = env['THINGWARD_RADIUS_PORT'] || undefined;
  if (port === undefined) return {};
  const folder = env['THINGWARD_RADIUS_SECRETS'] || undefined;
  if (folder === undefined || !isFolder(folder))
    faults.push(
      'THINGWARD_RADIUS_SECRETS: the folder with the secrets of RADIUS clients must be there 须指定存放 RADIUS 客户端密钥的文件夹',
    );
  return {
    radiusPort: wholeNumber('THINGWARD_RADIUS_PORT', port, 1_813, 0, 65_535, faults),
    radiusHost: env['THINGWARD_RADIUS_HOST'] || '127.0.0.1',
    radiusSecrets: resolve(folder ?? '.'),
  };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

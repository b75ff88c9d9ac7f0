import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Shell } from './shell.ts';

export interface Credentials {
  readonly url: string;
  readonly token: string;
  readonly email?: string;
}

/** `$XDG_CONFIG_HOME/thingward/credentials.json`, by default under `~/.config`. */
export function credentialsPath(shell: Shell): string {
  return join(shell.env['XDG_CONFIG_HOME'] || join(shell.home, '.config'), 'thingward', 'credentials.json');
}

/** What THINGWARD_URL and THINGWARD_TOKEN say, and for what they leave open, what `login` kept. */
export async function readCredentials(shell: Shell): Promise<Partial<Credentials>> {
  const kept = await readFile(credentialsPath(shell), 'utf8').then(
    parseCredentials,
    () => ({}) as Partial<Credentials>,
  );
  const url = shell.env['THINGWARD_URL'] || kept.url;
  // A kept token goes only to the server that gave it out.
  const token = shell.env['THINGWARD_TOKEN'] || (url === kept.url ? kept.token : undefined);
  return { ...(url === undefined ? {} : { url }), ...(token === undefined ? {} : { token }) };
}

/** Keeps the credentials where only this user can read them; whole or not at all. */
export async function keepCredentials(shell: Shell, credentials: Credentials): Promise<string> {
  const path = credentialsPath(shell);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.new`;
  await writeFile(draft, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, path);
  return path;
}

export async function dropCredentials(shell: Shell): Promise<void> {
  await rm(credentialsPath(shell), { force: true });
}

function parseCredentials(text: string): Partial<Credentials> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Partial<Credentials>) : {};
  } catch {
    return {};
  }
}

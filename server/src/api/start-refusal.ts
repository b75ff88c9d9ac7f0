import { isRefusal, Refusal } from '../kernel/refusal.ts';
import { backupWording } from './wording/backup.ts';
import { devicesWording } from './wording/devices.ts';
import { type StartCode, type StartWording, startWording } from './wording/start.ts';

/**
 * Why the server does not start, for a person to read: in English and in Chinese what is the matter and how it
 * is mended, then the code to search by and, where there are any, the words of the database or system. It holds
 * no password.
 */
export function startRefusal(thrown: unknown): string {
  const { en, zh } = toldRefusal(thrown);
  return `Thingward cannot start: ${en[0]}\n  ${en[1]}\nThingward 无法启动：${zh[0]}\n  ${zh[1]}\n${namedWithSaid(thrown)}`;
}

/** The same as what is the matter and how it is mended, in both languages. */
export function toldRefusal(thrown: unknown): StartWording {
  const refusal = asRefusal(thrown);
  const wording = wordings[refusal.code];
  if (wording === undefined) return toldRefusal(unforeseen(thrown));
  const facts = factsOf(refusal);
  const fill = ([what, mend]: readonly [string, string]) =>
    [filled(what, facts), filled(mend, facts)] as const;
  return { en: fill(wording.en), zh: fill(wording.zh) };
}

const wordings: Readonly<Record<string, StartWording | undefined>> = {
  ...startWording,
  ...backupWording,
  ...devicesWording,
};

/** The code to search by and the words of the database or system. */
function namedWithSaid(thrown: unknown): string {
  const known = asRefusal(thrown);
  const refusal = wordings[known.code] === undefined ? unforeseen(thrown) : known;
  const said = typeof refusal.detail['said'] === 'string' ? refusal.detail['said'].trim() : '';
  const lines = said === '' ? [] : said.split('\n').map(line => `  | ${line}`);
  return [`(${refusal.code})`, ...lines, ''].join('\n');
}

function factsOf(refusal: Refusal): Record<string, string | number | boolean> {
  return { subject: refusal.subject ?? '', ...refusal.detail };
}

function asRefusal(thrown: unknown): Refusal {
  if (isRefusal(thrown)) return thrown;
  const { code, syscall, path, port, address, hostname } = (thrown ?? {}) as NodeJS.ErrnoException & {
    port?: number;
    address?: string;
    hostname?: string;
  };
  const say = (as: StartCode, detail: Record<string, string | number>) =>
    new Refusal<StartCode>(as, { detail, cause: thrown });
  const host = address ?? hostname ?? '';
  if (syscall === 'listen' || syscall === 'getaddrinfo') {
    if (code === 'EADDRINUSE') return say('port-in-use', { port: port ?? 0, address: host });
    if (code === 'EACCES') return say('port-not-allowed', { port: port ?? 0 });
    return say('host-not-ours', { host });
  }
  // The only datagrams we take are RADIUS's.
  if (syscall === 'bind') {
    if (code === 'EADDRINUSE') return say('radius-port-in-use', { port: port ?? 0, address: host });
    if (code === 'EACCES') return say('radius-port-not-allowed', { port: port ?? 0 });
    return say('radius-host-not-ours', { host });
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') return say('disk-full', {});
  // Node says ENOENT of a folder that cannot be made, also where the disk is read-only.
  const known = syscall === 'mkdir' && code === 'ENOENT' ? 'EROFS' : code;
  const reason = known === undefined ? undefined : UNUSABLE[known];
  if (reason !== undefined && path !== undefined)
    return say('folder-unusable', { path, reason: reason[0], reasonZh: reason[1] });
  return unforeseen(thrown);
}

/** What the system says of a path, in English and in Chinese. */
const UNUSABLE: Readonly<Record<string, readonly [string, string]>> = {
  EACCES: ['no right', '无权限'],
  EPERM: ['no right', '无权限'],
  EROFS: ['the disk is read-only', '磁盘只读'],
  ENOTDIR: ['a file is in the way', '路径中有文件'],
  EEXIST: ['a file is in the way', '路径中有文件'],
  ENAMETOOLONG: ['the name is too long', '名称过长'],
};

function unforeseen(thrown: unknown): Refusal {
  const said = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  const facts = isRefusal(thrown) ? `\n${JSON.stringify(thrown.detail)}` : '';
  return new Refusal<StartCode>('start-failed', { detail: { said: `${said}${facts}` } });
}

function filled(text: string, facts: Readonly<Record<string, string | number | boolean>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(facts[name] ?? whole));
}

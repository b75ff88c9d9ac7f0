import { isRefusal, Refusal } from '../kernel/refusal.ts';
import { type StartCode, type StartWording, startWording } from './wording/start.ts';

/**
 * Why the server does not start, for a person to read: in English and in Chinese what is the matter and how it
 * is mended, then the code to search by and, where there are any, the words of the database or system. It holds
 * no password.
 */
export function startRefusal(thrown: unknown): string {
  const refusal = asRefusal(thrown);
  const wording = startWording[refusal.code as keyof typeof startWording] as StartWording | undefined;
  if (wording === undefined) return startRefusal(unforeseen(thrown));
  const facts: Record<string, string | number | boolean> = {
    subject: refusal.subject ?? '',
    ...refusal.detail,
  };
  const [what, mend] = wording.en.map(text => filled(text, facts));
  const [whatZh, mendZh] = wording.zh.map(text => filled(text, facts));
  const said = typeof facts['said'] === 'string' ? facts['said'].trim() : '';
  return [
    `Thingward cannot start: ${what}`,
    `  ${mend}`,
    `Thingward 无法启动：${whatZh}`,
    `  ${mendZh}`,
    `(${refusal.code})`,
    ...(said === '' ? [] : said.split('\n').map(line => `  | ${line}`)),
    '',
  ].join('\n');
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
  if (code === 'ENOSPC' || code === 'EDQUOT') return say('disk-full', {});
  const reason = code === undefined ? undefined : UNUSABLE[code];
  if (reason !== undefined && path !== undefined)
    return say('folder-unusable', { path, reason: reason[0], reasonZh: reason[1] });
  return unforeseen(thrown);
}

/** What the system says of a path, in English and in Chinese. */
const UNUSABLE: Readonly<Record<string, readonly [string, string]>> = {
  EACCES: ['no right', '无权限'],
  EPERM: ['no right', '无权限'],
  EROFS: ['read-only', '只读'],
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

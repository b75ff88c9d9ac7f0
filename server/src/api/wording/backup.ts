import type { BackupCode } from '../../kernel/database/backup/manifest.ts';
import type { StartWording } from './start.ts';

/** Why a backup was not made or not restored. */
export const backupWording: Readonly<Record<BackupCode, StartWording>> = {
  'backup-nothing-there': {
    en: [
      'There is no installation in {subject}.',
      'Name its data folder with --data, or its database with DATABASE_URL.',
    ],
    zh: ['{subject} 中没有安装数据。', '请用 --data 指定数据目录，或用 DATABASE_URL 指定数据库。'],
  },
  'backup-target-taken': {
    en: [
      '{subject} exists already; a backup is never written over anything.',
      'Name a folder that does not exist yet.',
    ],
    zh: ['{subject} 已存在；备份绝不覆盖任何内容。', '请指定一个尚不存在的目录。'],
  },
  'backup-unreadable': {
    en: [
      '{subject} is no list of a backup: the folder holds no whole backup.',
      'A folder called ….unfinished-… is what an interrupted backup left; take another backup.',
    ],
    zh: [
      '{subject} 不是备份清单：该目录中没有完整的备份。',
      '名称含 .unfinished- 的目录是中断的备份留下的；请使用其他备份。',
    ],
  },
  'backup-of-later-form': {
    en: [
      'The backup has form {version}, which this program does not know.',
      'Restore it with the program that made it, or a later one.',
    ],
    zh: ['备份格式为 {version}，本程序无法识别。', '请用制作该备份的程序或更高版本恢复。'],
  },
  'backup-damaged': {
    en: [
      'The backup is damaged: {subject}: {reason}. Nothing was written.',
      'Take another copy of this backup, or another backup.',
    ],
    zh: ['备份已损坏：{subject}：{reason}。未写入任何内容。', '请使用该备份的其他副本，或其他备份。'],
  },
  'restore-folder-taken': {
    en: [
      '{subject} is not empty; a backup is restored into an empty data folder.',
      'Name another folder with --data, or move this one away (keep its ledger.checkpoint for --checkpoint).',
    ],
    zh: [
      '{subject} 不为空；备份只能恢复到空的数据目录。',
      '请用 --data 指定其他目录，或移走该目录（保留其中的 ledger.checkpoint 供 --checkpoint 使用）。',
    ],
  },
  'restore-database-taken': {
    en: ['The database already holds an installation.', 'Name an empty database with DATABASE_URL.'],
    zh: ['数据库中已有安装数据。', '请用 DATABASE_URL 指定空数据库。'],
  },
  'restore-unfinished': {
    en: [
      'A restore into {subject} was cut off; what lies there is not whole.',
      'Remove the folder and restore the backup again.',
    ],
    zh: ['恢复到 {subject} 的过程曾中断，其中的内容不完整。', '请删除该目录并重新恢复备份。'],
  },
  'restore-differs': {
    en: [
      'What was loaded is not what the backup says: {subject}. Nothing of it was kept.',
      'Tell the makers of the program; the backup itself is whole.',
    ],
    zh: ['载入的内容与备份清单不符：{subject}。未保留任何内容。', '请联系程序开发者；备份本身是完整的。'],
  },
  'restore-checkpoint-unusable': {
    en: [
      '{subject} is no checkpoint signed by the ledger of this backup. Nothing was written.',
      'Take the newest checkpoint from the old data folder (ledger.checkpoint) or from a witness.',
    ],
    zh: [
      '{subject} 不是由该备份所属账本签名的检查点。未写入任何内容。',
      '请从旧数据目录（ledger.checkpoint）或见证方取得最新检查点。',
    ],
  },
};

import type { GatheringCode } from '../../spine/observations/gathered/gathering.ts';
import type { PostCode } from '../../spine/observations/gathered/read-post.ts';
import type { HookCode } from '../../spine/observations/hooks/hooks.ts';
import type { IntakeCode } from '../../spine/observations/intake.ts';
import type { QuarantineCode } from '../../spine/observations/quarantine/replay.ts';
import type { SourceCode } from '../../spine/observations/sources.ts';
import type { ExportCode } from '../routes/exports.ts';
import type { WordingOf } from './wording.ts';

export const observationsWording: WordingOf<
  | IntakeCode
  | GatheringCode
  | HookCode
  | PostCode
  | QuarantineCode
  | SourceCode
  | 'format-mismatch'
  | ExportCode
  | 'batch-unknown'
  | 'source-not-polled'
> = {
  'export-of-what': {
    status: 400,
    en: ['Say whose records: those of one subject or of one source.', 'Give subject or source, not both.'],
    zh: ['请说明导出谁的记录：一个对象，或一个数据源。', '请给出 subject 或 source 之一，不可同时给出。'],
  },
  'source-not-polled': {
    status: 404,
    en: [
      'The source is not compared with what a provider counts.',
      'Name the provider first: sources poll, or PUT to its poll.',
    ],
    zh: ['该数据源未与连接服务商的计量作比对。', '请先指定连接服务商（sources poll）。'],
  },
  'source-unknown': {
    status: 404,
    en: ['There is no such source.', 'Check the number, and the party you act for.'],
    zh: ['数据源不存在。', '请核对编号以及当前所代表的单位。'],
  },
  'batch-unknown': {
    status: 404,
    en: ['There is no such batch.', 'Check the number, and the party you act for.'],
    zh: ['批次不存在。', '请核对编号以及当前所代表的单位。'],
  },
  'source-name-taken': {
    status: 409,
    en: ['There is already a source named {name}.', 'Choose another name, or use that source.'],
    zh: ['已有名为 {name} 的数据源。', '请另选名称，或使用该数据源。'],
  },
  'profile-refused': {
    status: 422,
    en: ['The profile of the source cannot be used: {faults}.', 'Mend it and send it again.'],
    zh: ['数据源的配置不可用：{faults}。', '请修正后重新发送。'],
  },
  'zone-unknown': {
    status: 422,
    en: ['The time zone is not one of the IANA database.', 'Write it like Asia/Shanghai.'],
    zh: ['时区不在 IANA 时区库中。', '请按 Asia/Shanghai 的形式填写。'],
  },
  'source-retired': {
    status: 409,
    en: ['This source is retired and takes nothing more.', 'Send to a source in use.'],
    zh: ['该数据源已停用，不再接收数据。', '请发送到在用的数据源。'],
  },
  'source-is-own': {
    status: 409,
    en: ['This source holds what the installation itself has checked.', 'Send to a source of your own.'],
    zh: ['该数据源仅存放系统自身检查的结果。', '请发送到您自己的数据源。'],
  },
  'format-unknown': {
    status: 409,
    en: ['This server does not know the format of the source.', 'Choose one of the formats it lists.'],
    zh: ['服务器不支持该数据源的格式。', '请选择已列出的格式。'],
  },
  'format-mismatch': {
    status: 422,
    en: ['The file is of another format than the source declares.', 'Send it to the right source.'],
    zh: ['文件格式与数据源声明不符。', '请发送到正确的数据源。'],
  },
  'batch-cut-off': {
    status: 400,
    en: [
      'The upload broke off before its end; what had arrived is kept.',
      'Send the same file again: only what is missing is added.',
    ],
    zh: ['上传中断；已到达的部分已保存。', '请重新发送同一文件：只会补入缺少的记录。'],
  },
  'batch-closed': {
    status: 409,
    en: ['This batch takes no more records.', 'Send them again; they go into another.'],
    zh: ['该批次不再接收记录。', '请重新发送；记录将进入另一批次。'],
  },
  'sender-ended': {
    status: 401,
    en: ['The sender may no longer post.', 'Use a live API key.'],
    zh: ['发送者不得再提交记录。', '请使用有效的 API 密钥。'],
  },
  'intake-full': {
    status: 429,
    en: [
      'More records wait to be stored than may wait, so these were not taken.',
      'Send them again in {retryAfterS} second(s); send several to a request, or files, if this goes on.',
    ],
    zh: [
      '等待入库的记录已达上限，本次记录未被接收。',
      '请在 {retryAfterS} 秒后重发；若持续出现，请一次发送多条或改为发送文件。',
    ],
  },
  'hook-unknown': {
    status: 404,
    en: ['There is no such address for pushes.', 'Check the address; it may have been ended.'],
    zh: ['推送地址不存在。', '请核对地址；它可能已停用。'],
  },
  'hook-unproven': {
    status: 401,
    en: [
      'The push is not proven by the header {header}.',
      'Sign the body as it is sent, with the secret of this address.',
    ],
    zh: ['请求头 {header} 未能证明该推送的来源。', '请用该地址的密钥对原始请求体签名。'],
  },
  'hook-header': {
    status: 422,
    en: [
      'The header cannot prove a push.',
      'Choose a name of letters, digits and hyphens that is not taken.',
    ],
    zh: ['该请求头不能用于证明推送来源。', '请选择由字母、数字和连字符组成且未被占用的名称。'],
  },
  'hooks-too-many': {
    status: 409,
    en: ['This source has {most} addresses for pushes already.', 'End one that is not used.'],
    zh: ['该数据源已有 {most} 个推送地址。', '请停用不再使用的地址。'],
  },
  'post-empty': {
    status: 422,
    en: ['There is no record in the request.', "Send one record, or a few, in the source's format."],
    zh: ['请求中没有记录。', '请按数据源的格式发送一条或几条记录。'],
  },
  'post-too-large': {
    status: 413,
    en: ['A request takes at most {mostRecords} records.', 'Send more than that as a file, to its batches.'],
    zh: ['一次请求最多 {mostRecords} 条记录。', '更多记录请作为文件发送到该数据源的批次。'],
  },
  'quarantined-unknown': {
    status: 404,
    en: ['There is no such record in quarantine.', 'Check the number, and the party you act for.'],
    zh: ['隔离区中没有该记录。', '请核对编号以及当前所代表的单位。'],
  },
  'quarantined-settled': {
    status: 409,
    en: ['This record was already replayed or discarded.', 'Nothing is left to do.'],
    zh: ['该记录已重放或已丢弃。', '无需再处理。'],
  },
  'replay-unread': {
    status: 422,
    en: ['The record still cannot be read: {reason}.', 'Mend it further; it stays in quarantine.'],
    zh: ['该记录仍无法读取：{reason}。', '请继续修正；记录仍留在隔离区。'],
  },
  'mend-not-text': {
    status: 409,
    en: [
      'Records of this format are not text and cannot be mended by hand.',
      'Mend the source or its profile.',
    ],
    zh: ['此格式的记录不是文本，无法手工修正。', '请修正数据源或其配置。'],
  },
};

import type { ClearExportCode } from '../../spine/regulator/in-the-clear/codes.ts';
import type { RegulatorExportCode } from '../../spine/regulator/regulator-export.ts';
import type { WordingOf } from './wording.ts';

/** The export to a supervising authority. */
export const regulatorWording: WordingOf<RegulatorExportCode | ClearExportCode> = {
  'export-period-invalid': {
    status: 422,
    en: [
      'An export is of a period that is over, of at most 366 days.',
      'Give a beginning and a later end that has passed.',
    ],
    zh: ['导出的时段必须已经结束，且不超过 366 天。', '请给出起始时间，以及晚于它且已过去的结束时间。'],
  },
  'export-set-unknown': {
    status: 422,
    en: ['The table of elements has no such data set.', 'See content/catalogues/regulator-export.'],
    zh: ['要素表中没有此数据集。', '请查看 content/catalogues/regulator-export。'],
  },
  'export-zone-unknown': {
    status: 422,
    en: ['There is no time zone of this name.', 'Give one like Asia/Shanghai.'],
    zh: ['没有此名称的时区。', '请给出如 Asia/Shanghai 的时区名。'],
  },
  'clear-export-needs-two': {
    status: 403,
    en: [
      'Personal data leaves in the clear by two persons alone.',
      'Propose the export (clear-exports) for another person to confirm, or take it masked.',
    ],
    zh: ['以明文导出个人信息须由两人决定。', '请提交导出建议（clear-exports）由另一人确认，或导出掩码版本。'],
  },
  'clear-export-needs-person': {
    status: 403,
    en: ['Only a person who signed in may do this, no key.', 'Sign in and do it yourself.'],
    zh: ['此操作只能由登录人员本人进行，不能使用密钥。', '请登录后亲自操作。'],
  },
  'clear-export-needs-roles': {
    status: 403,
    en: [
      'A supervisor proposes and takes an export in the clear; another supervisor or an administrator confirms it.',
      'Let persons who hold these roles here, or above, do it.',
    ],
    zh: [
      '明文导出须由主管提出并领取，由另一名主管或管理员确认。',
      '请由在本单位或上级单位担任上述角色的人员办理。',
    ],
  },
  'clear-export-not-found': {
    status: 404,
    en: ['There is no such export in the clear.', 'Check the number, and the party you act for.'],
    zh: ['没有此明文导出。', '请核对编号以及当前所代表的单位。'],
  },
  'clear-export-by-the-same': {
    status: 409,
    en: ['You proposed this export yourself.', 'Another person confirms it.'],
    zh: ['此导出由您本人提出。', '须由另一人确认。'],
  },
  'clear-export-not-yours': {
    status: 409,
    en: [
      'Only whoever proposed the export takes it, or takes it back.',
      'Refuse it, or propose one of your own.',
    ],
    zh: ['只有提出人可以领取或撤回该导出。', '请拒绝该建议，或自行提出。'],
  },
  'clear-export-decided': {
    status: 409,
    en: ['The export is decided.', 'Look at it; propose again if it is still needed.'],
    zh: ['该导出已有决定。', '请查看该导出；如仍需要请重新提出。'],
  },
  'clear-export-expired': {
    status: 409,
    en: ['The time of this export is over.', 'Propose it again if it is still needed.'],
    zh: ['该导出已过期限。', '如仍需要请重新提出。'],
  },
  'clear-export-from-later': {
    status: 409,
    en: ['The export is later than the server’s clock.', 'Set the clock right, then go on.'],
    zh: ['该导出的时间晚于服务器时钟。', '请校正时钟后再继续。'],
  },
  'clear-export-beyond-day': {
    status: 409,
    en: [
      'The export shows {persons} persons; one reader may see {most} on a day.',
      'Refuse it and ask for a shorter period, or confirm that it goes beyond (beyondDay).',
    ],
    zh: [
      '该导出涉及 {persons} 人；一名经办人每天最多查看 {most} 人。',
      '请拒绝并要求缩短时段，或明确确认允许超出（beyondDay）。',
    ],
  },
  'clear-export-not-confirmed': {
    status: 409,
    en: ['Nobody else confirmed this export.', 'Let another person confirm it first.'],
    zh: ['该导出尚未经另一人确认。', '请先由另一人确认。'],
  },
  'clear-export-given': {
    status: 409,
    en: ['This export was given out whole already.', 'Propose it again if it is still needed.'],
    zh: ['该导出已完整交付。', '如仍需要请重新提出。'],
  },
};

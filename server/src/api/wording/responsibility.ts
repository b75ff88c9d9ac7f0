import type { Wording } from './wording.ts';

const unknown = (en: string, zh: string): Wording => ({
  status: 404,
  en: [`There is no such ${en}.`, 'Check the number, and the party you act for.'],
  zh: [`${zh}不存在。`, '请核对编号以及当前所代表的单位。'],
});

/** The chain of responsibility, its duties, and inspections. */
export const responsibilityWording: Readonly<Record<string, Wording>> = {
  'responsible-unknown': unknown('link of the chain', '责任主体'),
  'duty-unknown': unknown('duty', '职责'),
  'campaign-unknown': unknown('inspection', '复核活动'),
  'sample-unknown': unknown('card of an inspection', '复核样本'),
  'responsible-exists': {
    status: 409,
    en: ['The chain has somebody of this reference.', 'Use that one, or choose another reference.'],
    zh: ['责任链中已有此编号。', '请使用原有主体或另选编号。'],
  },
  'duty-kind-unknown': {
    status: 422,
    en: ['That level of the chain has no such duty.', 'See the catalogue of duties.'],
    zh: ['该层级没有此项职责。', '请查看职责目录。'],
  },
  'duty-done': {
    status: 409,
    en: ['This duty has been proven already.', 'Set a new one.'],
    zh: ['该职责已有履行证明。', '请另设新职责。'],
  },
  'duty-due-past': {
    status: 422,
    en: ['A duty falls due in the future.', 'Choose a later date.'],
    zh: ['职责期限应在将来。', '请选择更晚的日期。'],
  },
  'duty-proof-missing': {
    status: 422,
    en: ['A duty is done when it is proven.', 'Give the SHA-256 of the proof.'],
    zh: ['履行职责须有证明。', '请提供证明文件的 SHA-256。'],
  },
  'campaign-term-invalid': {
    status: 422,
    en: ['An inspection falls due within a year from now.', 'Choose another date.'],
    zh: ['复核期限应在一年之内。', '请另选日期。'],
  },
  'campaign-empty': {
    status: 422,
    en: ['There is no card to inspect.', 'Choose another contract.'],
    zh: ['没有可复核的卡。', '请选择其他合同。'],
  },
  'sample-evidence-missing': {
    status: 422,
    en: [
      'A card passes with evidence alone.',
      'Give the SHA-256 of the photograph or of the liveness check.',
    ],
    zh: ['通过复核须有证据。', '请提供照片或活体核验结果的 SHA-256。'],
  },
};

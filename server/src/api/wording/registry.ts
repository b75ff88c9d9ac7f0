import type { SignInCode } from '../../spine/registry/people/sign-in.ts';
import type { RegistryCode } from '../../spine/registry/registry-code.ts';
import type { WordingOf } from './wording.ts';

export const registryWording: WordingOf<RegistryCode | SignInCode> = {
  'sign-in-refused': {
    status: 401,
    en: ['The name or the password is wrong.', 'Try again, or ask an administrator for a one-time password.'],
    zh: ['用户名或密码错误。', '请重试，或向管理员申请一次性密码。'],
  },
  'sign-in-locked': {
    status: 429,
    en: [
      'Too many wrong passwords: this account is locked for {retryAfterS} seconds.',
      'Wait, or ask an administrator for a one-time password.',
    ],
    zh: ['密码错误次数过多，账户已锁定 {retryAfterS} 秒。', '请等待，或向管理员申请一次性密码。'],
  },
  'sign-in-too-often': {
    status: 429,
    en: ['Too many attempts to sign in from your address.', 'Wait {retryAfterS} seconds.'],
    zh: ['来自您地址的登录尝试过于频繁。', '请等待 {retryAfterS} 秒。'],
  },
  'new-password-needed': {
    status: 403,
    en: ['This is a one-time password.', 'Sign in with it once more and give a password of your own.'],
    zh: ['这是一次性密码。', '请再次用它登录，并同时设置您自己的新密码。'],
  },
  'password-too-weak': {
    status: 422,
    en: [
      'A password has {least} to {most} characters.',
      'Choose a longer one; any characters will do, spaces too.',
    ],
    zh: ['密码长度须为 {least} 至 {most} 个字符。', '请选择更长的密码；字符不限，可含空格。'],
  },
  'password-unchanged': {
    status: 422,
    en: ['The new password is the old one.', 'Choose another.'],
    zh: ['新密码与原密码相同。', '请另选密码。'],
  },
  'password-common': {
    status: 422,
    en: [
      'This password is among those that are tried first: it is on the list of common ones, repeats a short part, or is a name.',
      'Choose one that nobody would think of; several words in a row will do.',
    ],
    zh: [
      '该密码属于最先被尝试的密码：在常用密码表中、由短片段重复而成，或就是名称。',
      '请选择他人想不到的密码；连写几个词即可。',
    ],
  },
  'second-factor-needed': {
    status: 403,
    en: [
      'The password is right; this account also needs a code.',
      'Send it again with `code`: six digits of your authenticator, or a recovery code.',
    ],
    zh: ['密码正确；此账户还需要验证码。', '请再次提交并附上 code：验证器的六位数字，或一个恢复码。'],
  },
  'second-factor-refused': {
    status: 401,
    en: [
      'This code is wrong, too old, or was used before.',
      'Wait for the next code of your authenticator; each is good once.',
    ],
    zh: ['验证码错误、已过期或已被使用。', '请等待验证器显示下一个验证码；每个仅可使用一次。'],
  },
  'second-factor-exists': {
    status: 409,
    en: ['A second factor is set already.', 'Remove it first to set another.'],
    zh: ['已设置第二验证因素。', '如需更换，请先移除。'],
  },
  'second-factor-none': {
    status: 409,
    en: ['No second factor is set.', 'Set one first.'],
    zh: ['尚未设置第二验证因素。', '请先设置。'],
  },
  'provider-none': {
    status: 404,
    en: ['Nobody signs in here through a provider.', 'Sign in with e-mail and password.'],
    zh: ['本系统未启用外部身份提供方登录。', '请使用电子邮箱和密码登录。'],
  },
  'provider-away': {
    status: 503,
    en: ['The sign-in provider gives no answer.', 'Try again later, or sign in with e-mail and password.'],
    zh: ['身份提供方没有应答。', '请稍后重试，或使用电子邮箱和密码登录。'],
  },
  'provider-refused': {
    status: 401,
    en: ['The sign-in provider did not let you in, or you took too long.', 'Begin again.'],
    zh: ['身份提供方未放行，或操作超时。', '请重新开始。'],
  },
  'provider-person-unknown': {
    status: 403,
    en: [
      'The provider knows you, but nobody here was invited under that identity.',
      'Ask an administrator for an invitation and begin with it.',
    ],
    zh: ['身份提供方认识您，但该身份未受邀请。', '请向管理员申请邀请，并从邀请链接开始。'],
  },
  'provider-link-exists': {
    status: 409,
    en: [
      'This identity belongs to another person here, or the person has another one.',
      'Ask an administrator to remove the old link first.',
    ],
    zh: ['该身份已属于其他人员，或该人员已关联另一身份。', '请管理员先解除原有关联。'],
  },
  'provider-without-second-factor': {
    status: 403,
    en: [
      'This account needs a second factor, and the provider did not ask you for one.',
      'Sign in with e-mail, password and code, or set up the second factor at the provider.',
    ],
    zh: [
      '此账户需要第二验证因素，而身份提供方未要求验证。',
      '请使用邮箱、密码和验证码登录，或在身份提供方启用第二验证因素。',
    ],
  },
  'session-unknown': {
    status: 404,
    en: ['There is no such session, or it has ended.', 'Ask for the list again.'],
    zh: ['该会话不存在或已结束。', '请重新查询列表。'],
  },
  'person-exists': {
    status: 409,
    en: ['There is already a person with this email.', 'Give that person a role instead.'],
    zh: ['已有使用该邮箱的人员。', '请为其分配角色。'],
  },
  'person-unknown': {
    status: 404,
    en: ['There is no such person among your parties.', 'Check the number.'],
    zh: ['您的单位中没有该人员。', '请核对编号。'],
  },
  'person-beyond': {
    status: 403,
    en: ['This person also has a role at a party that is not below yours.', 'Ask an administrator above.'],
    zh: ['该人员在您管辖范围之外的单位也有角色。', '请联系上级管理员。'],
  },
  'party-unknown': {
    status: 404,
    en: ['There is no such party, or it is not below yours.', 'Check the number.'],
    zh: ['该单位不存在，或不在您的单位之下。', '请核对编号。'],
  },
  'role-beyond-own': {
    status: 403,
    en: ['You cannot give a right you do not hold yourself: {right}.', 'Ask someone who holds it.'],
    zh: ['您不能授予自己没有的权限：{right}。', '请由拥有该权限的人员操作。'],
  },
  'last-administrator': {
    status: 409,
    en: ['This is the last administrator of the party.', 'Appoint another one first.'],
    zh: ['这是该单位最后一名管理员。', '请先任命另一名管理员。'],
  },
  'api-key-unknown': {
    status: 404,
    en: ['There is no such API key.', 'Check the number.'],
    zh: ['API 密钥不存在。', '请核对编号。'],
  },
  'subject-unknown': {
    status: 404,
    en: ['There is no such subject.', 'Check the number, and the party you act for.'],
    zh: ['对象不存在。', '请核对编号以及当前所代表的单位。'],
  },
  'import-unknown': {
    status: 404,
    en: ['There is no such import.', 'See GET /api/v1/imports for those there are.'],
    zh: ['没有该导入类型。', '可用类型见 GET /api/v1/imports。'],
  },
  'import-columns': {
    status: 422,
    en: [
      'Columns missing from the table: {missing}; columns unknown: {unknown}.',
      'The first line names the columns: {expected}. A mapping (--mapping on the command line) reads them from other names and says what to ignore.',
    ],
    zh: [
      '表格缺少的列：{missing}；无法识别的列：{unknown}。',
      '首行应为列名：{expected}。列名不同或有多余的列时，请附列映射（命令行用 --mapping）。',
    ],
  },
  'import-mapping': {
    status: 422,
    en: [
      'The mapping of columns is faulty: {faults}.',
      'Write it like {"columns": {"iccid": "Card No"}, "ignored": ["PIN1"], "encoding": "utf-8"}.',
    ],
    zh: [
      '列映射有误：{faults}。',
      '请按 {"columns": {"iccid": "Card No"}, "ignored": ["PIN1"], "encoding": "utf-8"} 的形式填写。',
    ],
  },
  'import-not-a-table': {
    status: 422,
    en: [
      'The table cannot be read at {place}: {reason}.',
      'Rows before it are registered; mend and send it again.',
    ],
    zh: ['表格在{place}处无法读取：{reason}。', '之前的行已登记；请修正后重新发送。'],
  },
};

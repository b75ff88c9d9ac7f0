import type { AccessCode } from '../app.ts';
import type { PagingCode } from '../paging.ts';
import type { WordingOf } from './wording.ts';

/** Refusals the door makes by itself, before any station is asked. */
export type DoorCode =
  | 'request-invalid'
  | 'body-too-large'
  | 'media-type-unknown'
  | 'no-such-route'
  | 'too-many-listeners'
  | 'not-found'
  | 'database-unavailable'
  | 'value-unstorable'
  | 'failed';

export const doorWording: WordingOf<DoorCode | AccessCode | PagingCode> = {
  'request-invalid': {
    status: 400,
    en: ['The request is not well formed.', 'Mend what `faults` names and send it again.'],
    zh: ['请求格式不正确。', '请按 faults 所列修正后重新发送。'],
  },
  'body-too-large': {
    status: 413,
    en: ['The body is too large for this address.', 'Send less, or use the upload address of a source.'],
    zh: ['请求正文过大。', '请减少内容，或使用数据源的上传地址。'],
  },
  'media-type-unknown': {
    status: 415,
    en: ['This address does not take this kind of content.', 'Set content-type as the API document says.'],
    zh: ['此地址不接受该内容类型。', '请按接口文档设置 content-type。'],
  },
  'no-such-route': {
    status: 404,
    en: ['There is nothing at this address.', 'See /openapi.json for the addresses there are.'],
    zh: ['此地址不存在。', '可用地址见 /openapi.json。'],
  },
  'not-found': {
    status: 404,
    en: [
      'There is no such thing, or it is not yours to see.',
      'Check the number, and the party you act for.',
    ],
    zh: ['该对象不存在，或您无权查看。', '请核对编号以及当前所代表的单位。'],
  },
  'too-many-listeners': {
    status: 503,
    en: ['Too many listeners are connected.', 'Try again in a minute, or ask for the lists instead.'],
    zh: ['事件订阅数量已达上限。', '请稍后重试，或改为查询列表。'],
  },
  'database-unavailable': {
    status: 503,
    en: [
      'The database cannot be reached just now.',
      'Try again in a moment; look first whether the act was done, it may have been.',
    ],
    zh: ['暂时无法连接数据库。', '请稍后重试；重试前先核对操作是否已生效。'],
  },
  'value-unstorable': {
    status: 422,
    en: ['A value holds characters that cannot be stored.', 'Remove NUL and broken characters.'],
    zh: ['内容包含无法存储的字符。', '请去除 NUL 及损坏的字符。'],
  },
  failed: {
    status: 500,
    en: ['The server failed to answer.', 'Tell the operator the number in `instance`.'],
    zh: ['服务器处理失败。', '请将 instance 中的编号告知运维人员。'],
  },
  'not-signed-in': {
    status: 401,
    en: ['You are not signed in.', 'Sign in, or send a valid token or API key.'],
    zh: ['您尚未登录。', '请登录，或提供有效的令牌或 API 密钥。'],
  },
  'api-key-invalid': {
    status: 401,
    en: [
      'This API key is not valid: it is unknown, expired or revoked.',
      'Ask an administrator for a new one.',
    ],
    zh: ['API 密钥无效：不存在、已过期或已吊销。', '请向管理员申请新的密钥。'],
  },
  'right-missing': {
    status: 403,
    en: [
      'This needs the right `{right}`, which you do not hold here.',
      'Ask an administrator of your party.',
    ],
    zh: ['此操作需要“{right}”权限，您在当前单位没有该权限。', '请联系本单位管理员。'],
  },
  'second-factor-missing': {
    status: 403,
    en: [
      'Your role needs a second factor, and you have set none.',
      'Set up an authenticator: on the page after signing in, or POST /api/v1/me/second-factor.',
    ],
    zh: [
      '您的角色必须启用第二验证因素，但尚未设置。',
      '请在登录后的页面设置验证器，或调用 POST /api/v1/me/second-factor。',
    ],
  },
  'party-not-chosen': {
    status: 400,
    en: [
      'You belong to several parties and have not said for which one you act.',
      'Send its number in the header x-thingward-party.',
    ],
    zh: ['您隶属多个单位，但未指明代表哪一个。', '请在请求头 x-thingward-party 中给出单位编号。'],
  },
  'party-not-yours': {
    status: 403,
    en: ['You have no role at this party or above it.', 'Choose a party of yours, or ask an administrator.'],
    zh: ['您在该单位及其上级单位均无角色。', '请选择您所属的单位，或联系管理员。'],
  },
  'origin-refused': {
    status: 403,
    en: ['This write came from another site.', 'Use the console at its own address, or a token.'],
    zh: ['该写操作来自其他站点，已拒绝。', '请在本系统控制台地址操作，或使用令牌。'],
  },
  'cursor-invalid': {
    status: 400,
    en: ['`after` is not a cursor of this list.', 'Start again without it.'],
    zh: ['after 不是该列表的有效游标。', '请去掉该参数重新查询。'],
  },
};

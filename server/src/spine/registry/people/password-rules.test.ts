import { describe, expect, test } from 'vitest';
import { commonPasswords } from '../../../content.ts';
import { readCommonPasswords, refuseWeak } from './password-rules.ts';

const listed = commonPasswords();
const codeOf = (next: string, more: { isOnlyFactor?: boolean; current?: string } = {}): string | null => {
  const asked = { next, current: 'once', names: ['An.Lee@example.org', 'An Lee of the north'], ...more };
  try {
    refuseWeak({ isOnlyFactor: true, ...asked }, listed);
    return null;
  } catch (thrown) {
    return (thrown as { code: string }).code;
  }
};

// NIST SP 800-63B-4 §3.1.1.2.
describe('a password of one’s own', () => {
  test.each([
    ['14 characters as the only factor', 'quiet marmot 7', 'password-too-weak'],
    ['15 characters as the only factor', 'quiet marmot 77', null],
    ['128 characters', 'quiet marmots '.repeat(9).slice(0, 126).concat('xy'), null],
    ['129 characters', 'q'.repeat(128).concat('u'), 'password-too-weak'],
    ['letters alone: no rule of composition', 'thelampbythefarwindow', null],
    ['spaces and Chinese', '山 中 相 送 罢 日 暮 掩 柴', null],
    ['15 characters outside the plane that UTF-16 holds in one unit', '🐌🦉🦊🐝🐢🐙🦔🐧🦋🐞🐳🦈🐊🦒🐘', null],
    ['14 of them', '🐌🦉🦊🐝🐢🐙🦔🐧🦋🐞🐳🦈🐊🦒', 'password-too-weak'],
    ['a common password twice', 'PasswordPassword', 'password-common'],
    ['a common password on and on', 'iloveyouiloveyouilov', 'password-common'],
    ['one letter', 'aaaaaaaaaaaaaaaaaaaa', 'password-common'],
    ['a short part', '1212121212121212', 'password-common'],
    ['the address', 'an.lee@example.org', 'password-common'],
    ['the name', 'An Lee Of The North', 'password-common'],
    ['the name without spaces', 'anleeofthenorth', 'password-common'],
  ])('%s', (_what, next, code) => {
    expect(codeOf(next)).toBe(code);
  });

  test('may be 8 characters beside a second factor, and still not a common one', () => {
    expect(codeOf('q7marmot', { isOnlyFactor: false })).toBeNull();
    expect(codeOf('q7marmo', { isOnlyFactor: false })).toBe('password-too-weak');
    expect(codeOf('baseball', { isOnlyFactor: false })).toBe('password-common');
  });

  test('is the old one in any normal form', () => {
    const old = 'schöne grüße aus köln';
    expect(codeOf(old.normalize('NFD'), { current: old.normalize('NFC') })).toBe('password-unchanged');
  });
});

test('the list ships with its source, and one without a source or in another form is refused', () => {
  expect(listed.size).toBeGreaterThan(10_000);
  expect(() => readCommonPasswords('password\n', 'mine')).toThrow('mine');
  expect(() => readCommonPasswords('# source: mine\nPassWord\n', 'mine')).toThrow('PassWord');
});

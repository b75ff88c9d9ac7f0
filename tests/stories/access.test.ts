import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { generate } from 'otplib';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandLine } from '../command-line.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

const browserPath = process.env['THINGWARD_TEST_CHROMIUM'] ?? '/usr/bin/chromium';
const ARGUMENTS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
const PASSWORD = 'nine lamps on a quiet quay';

/** C1: who is let in, through the running server, its page and the command line. */
describe.skipIf(!existsSync(browserPath))('access through the page and the command line', () => {
  const folder = dataFolder();
  let server: ServerProcess;
  let browser: Browser;
  let page: Page;
  let secret = '';
  let codes: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    server = await startServer(folder.path, { env: { THINGWARD_SECOND_FACTOR_ROLES: 'administrator' } });
    browser = await chromium.launch({ executablePath: browserPath, args: ARGUMENTS.split(' ') });
    page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
    page.on('console', line => {
      const isAnswer = /status of 4\d\d/.test(line.text());
      if (['error', 'warning'].includes(line.type()) && !isAnswer) complaints.push(line.text());
    });
    page.on('pageerror', fault => complaints.push(String(fault)));
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    folder.remove();
  });

  /** Codes of this half minute and the next are accepted (RFC 6238 §5.2: one step for clocks that differ). */
  const codeOf = (aheadS: number) => generate({ secret, epoch: Math.floor(Date.now() / 1_000) + aheadS });
  const sound = async () => {
    expect(await page.locator('body').textContent()).not.toContain('⟦');
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21aa'])
      .analyze();
    expect(violations.filter(each => each.impact !== 'minor').map(each => each.id)).toEqual([]);
  };

  test('a role that needs a second factor leads to setting it, and then all is open', async () => {
    await page.goto(server.address);
    await page.getByLabel('E-mail').fill(server.first?.email ?? '');
    await page.getByLabel('Password').fill(server.first?.password ?? '');
    await page.keyboard.press('Enter');
    const choose = async (password: string) => {
      await page.getByLabel('New password', { exact: true }).fill(password);
      await page.getByLabel('New password once more').fill(password);
      await page.keyboard.press('Enter');
    };
    await choose('passwordpassword');
    await page.getByRole('alert').filter({ hasText: 'tried first' }).waitFor();
    await choose(PASSWORD);
    await page.getByText('Your role needs a second factor').waitFor();
    await sound();
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Set up an authenticator' }).click();
    secret = (await page.locator('#factor-secret').textContent()) ?? '';
    codes = await page.locator('#recovery-codes code').allTextContents();
    expect(codes.length).toBe(10);
    await page.getByLabel('Code').fill(await codeOf(0));
    await page.getByRole('button', { name: 'Confirm with a code' }).click();
    await page.getByText('Recovery codes left: 10').waitFor();
    await page.getByRole('link', { name: 'Status' }).click();
    await page.getByText('Database').first().waitFor();
  });

  test('the command line asks for the code, and a code lets in once', async () => {
    const home = join(folder.path, 'home');
    mkdirSync(home);
    const passwordFile = join(home, 'password');
    writeFileSync(passwordFile, PASSWORD);
    const line = commandLine(home);
    const login = (code: string) =>
      line.run(
        'login',
        server.address,
        '--email',
        server.first?.email ?? '',
        '--password-file',
        passwordFile,
        '--code',
        code,
      );
    const code = await codeOf(30);
    expect(await login(code)).toMatchObject({ code: 0 });
    expect((await login(code)).err).toContain('second-factor-refused');
    expect((await line.run('status')).code).toBe(0);
  });

  test('the page asks for the code after the password; the account ends the other session', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('E-mail').fill(server.first?.email ?? '');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByLabel('Code').fill('000000');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'wrong, too old, or was used before' }).waitFor();
    await sound();
    await page.getByLabel('Code').fill(codes[0] ?? '');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Account' }).click();
    await page.getByText('Recovery codes left: 9').waitFor();
    await page.getByRole('button', { name: 'End all others' }).click();
    await page.locator('#end-others').waitFor({ state: 'detached' });
    expect((await commandLine(join(folder.path, 'home')).run('status')).code).not.toBe(0);
    await page.getByRole('button', { name: '中文' }).click();
    await page.getByText('剩余恢复码：9 个').waitFor();
    await sound();
    expect(complaints).toEqual([]);
  });
});

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HOSTILE, pageOverStub } from './page-stub.ts';

const browserPath = process.env['THINGWARD_TEST_CHROMIUM'] ?? '/usr/bin/chromium';
const ARGUMENTS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
/** Where the pictures are kept. */
const SHOTS = process.env['THINGWARD_TEST_SHOTS'] ?? 'out/screenshots';
const DESK = { width: 1366, height: 768 };
/** A slow machine may take its time; nothing here is about speed. */
const PATIENCE_MS = 60_000;
const PHONE = { width: 390, height: 844 };

describe.skipIf(!existsSync(browserPath))('the page, in a browser', () => {
  let browser: Browser;
  let stub: Awaited<ReturnType<typeof pageOverStub>>;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    await mkdir(SHOTS, { recursive: true });
    browser = await chromium.launch({ executablePath: browserPath, args: ARGUMENTS.split(' ') });
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    stub = await pageOverStub();
    complaints = [];
  });
  afterEach(async () => {
    expect(complaints).toEqual([]);
    await context.close();
    await stub.close();
  });

  async function look(options: {
    locale: string;
    viewport: { width: number; height: number };
    colorScheme: 'light' | 'dark';
    isSignedIn: boolean;
  }) {
    const { isSignedIn, ...rest } = options;
    context = await browser.newContext({ ...rest, timezoneId: 'Europe/Berlin' });
    context.setDefaultTimeout(PATIENCE_MS);
    stub.world.isSignedIn = isSignedIn;
    page = await context.newPage();
    // A browser says 401, 403 and 409 aloud by itself; every other line is a fault of the page.
    page.on('console', line => {
      const isAnswer = /status of 40[139]/.test(line.text());
      if (['error', 'warning'].includes(line.type()) && !isAnswer) complaints.push(line.text());
    });
    page.on('pageerror', fault => complaints.push(String(fault)));
    await page.goto(stub.url);
  }

  /** What holds of every view: nothing untranslated, nothing serious for axe, nothing wider than the screen. */
  async function sound(name: string) {
    await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
    expect(await page.locator('body').textContent()).not.toContain('⟦');
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
      .analyze();
    const serious = violations.filter(each => each.impact === 'serious' || each.impact === 'critical');
    expect(serious.map(each => `${each.id}: ${each.nodes.map(node => node.html).join(' | ')}`)).toEqual([]);
    const overhang = Number(
      await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
    );
    expect(overhang).toBeLessThanOrEqual(0);
  }

  test('the first sign-in with a one-time password asks for one of one’s own', async () => {
    await look({ locale: 'en-GB', viewport: DESK, colorScheme: 'light', isSignedIn: false });
    await page.getByLabel('E-mail').fill('admin@thingward.example');
    await page.getByLabel('Password').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'That is not right.' }).waitFor();
    await page.getByLabel('Password').fill('one-time');
    await sound('sign-in');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Choose your password' }).waitFor();
    await page.getByLabel('New password', { exact: true }).fill('long enough for it');
    await page.getByLabel('New password once more').fill('long enough for it');
    await sound('choose-password');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Status' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  test.each([
    { locale: 'en-GB', viewport: DESK, colorScheme: 'light', name: 'en-desk' },
    { locale: 'en-GB', viewport: DESK, colorScheme: 'dark', name: 'en-desk-dark' },
    { locale: 'zh-CN', viewport: DESK, colorScheme: 'light', name: 'zh-desk' },
    { locale: 'zh-CN', viewport: DESK, colorScheme: 'dark', name: 'zh-desk-dark' },
    { locale: 'zh-CN', viewport: PHONE, colorScheme: 'light', name: 'zh-phone' },
    { locale: 'en-GB', viewport: PHONE, colorScheme: 'dark', name: 'en-phone-dark' },
  ] as const)(
    'every view is sound: $name',
    async ({ name, ...options }) => {
      await look({ ...options, isSignedIn: true });
      const isChinese = options.locale === 'zh-CN';
      await page.getByText('1,482').waitFor();
      await page.getByText('freeradius-detail').first().waitFor();
      await sound(`${name}-status`);
      await page.goto(`${stub.url}/#/findings`);
      await page.getByText('8944500000000000002').waitFor();
      await sound(`${name}-findings`);
      await page.goto(`${stub.url}/#/subjects`);
      await page.getByText('8944500000000000002').waitFor();
      await page.locator('option[value=device]').waitFor({ state: 'attached' });
      await sound(`${name}-subjects`);
      await page.goto(`${stub.url}/#/subjects/1`);
      await page.getByText('imsi:204046200000001').waitFor();
      await page.locator('.plot canvas').waitFor({ state: 'attached' });
      await sound(`${name}-subject`);
      await page.goto(`${stub.url}/#/ledger?object=case%2F3`);
      await page.getByText('case/opened').waitFor();
      await page.getByText('ledger.example/thingward+00000000').waitFor();
      await sound(`${name}-ledger`);
      await page.goto(`${stub.url}/#/account`);
      await page.getByText('192.0.2.7').waitFor();
      await sound(`${name}-account`);
      await page.goto(`${stub.url}/#/cases`);
      await page.getByRole('link', { name: isChinese ? '案件 3' : 'Case 3' }).waitFor();
      await sound(`${name}-cases`);
      await page.getByRole('link', { name: isChinese ? '案件 3' : 'Case 3' }).click();
      await page.getByText(isChinese ? /剩余/ : / left$/).waitFor();
      await page.getByText('Asia/Shanghai').waitFor();
      await page.locator('.findings summary').first().click();
      await page.locator('.findings').getByText('8944500000000000002').waitFor();
      await sound(`${name}-case`);
      await page.locator('.measures button').first().click();
      await page.getByRole('dialog').waitFor();
      await sound(`${name}-question`);
      await page.keyboard.press('Escape');
      await page.locator('#top').getByRole('button').last().click();
      await page.locator('#enter').waitFor();
      await sound(`${name}-sign-in`);
    },
    600_000,
  );

  test.each(['en-GB', 'zh-CN'])('an empty house says the next step: %s', async locale => {
    stub.world.isEmpty = true;
    await look({ locale, viewport: DESK, colorScheme: 'light', isSignedIn: true });
    await page.locator('.empty', { hasText: 'thingward sources add' }).waitFor();
    await sound(`empty-status-${locale}`);
    await page.goto(`${stub.url}/#/findings`);
    await page.locator('.empty', { hasText: 'thingward feed' }).waitFor();
    await page.goto(`${stub.url}/#/cases`);
    await page.locator('.empty').waitFor();
    await sound(`empty-cases-${locale}`);
  });

  test('a new finding appears by itself and is said aloud', async () => {
    await look({ locale: 'en-GB', viewport: DESK, colorScheme: 'light', isSignedIn: true });
    await page.getByRole('link', { name: 'Findings' }).click();
    await page.getByText('8944500000000000002').waitFor();
    await page.locator('#live.on').waitFor();
    stub.find();
    await page.getByText('8944500000000000003').waitFor();
    await page.locator('#said', { hasText: 'New findings: 1' }).waitFor();
  });

  test('a measure is ordered and lifted from the keyboard, after a question', async () => {
    await look({ locale: 'en-GB', viewport: DESK, colorScheme: 'light', isSignedIn: true });
    await page.goto(`${stub.url}/#/cases/3`);
    const order = page.getByRole('button', { name: 'Order: suspend the card' });
    await order.waitFor();
    await order.focus();
    await page.keyboard.press('Enter');
    await page.getByText('Order “suspend the card” for 8944500000000000001?').waitFor();
    await sound('question');
    await page.keyboard.press('Escape');
    expect(stub.world.measures).toEqual([]);
    await order.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Suspend the card verified' }).waitFor();
    await sound('measure');
    await page.getByRole('button', { name: 'Lift' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Lift' }).click();
    await page.getByRole('heading', { name: 'lifting ordered' }).waitFor();
  });

  test('what one person may not order is proposed, and shown until it is decided (C-44)', async () => {
    stub.world.isCritical = true;
    await look({ locale: 'en-GB', viewport: DESK, colorScheme: 'light', isSignedIn: true });
    await page.goto(`${stub.url}/#/cases/3`);
    await page.getByRole('button', { name: 'Order: suspend the card' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Order: suspend the card' }).click();
    const asking = page.getByRole('dialog');
    await asking.getByLabel('Why').fill('  ');
    await asking.getByRole('button', { name: 'Propose' }).click();
    expect(await asking.isVisible()).toBe(true);
    await sound('reason of a proposal');
    await asking.getByLabel('Why').fill('it sends spam to thousands');
    await asking.getByRole('button', { name: 'Propose' }).click();
    const approve = page.getByRole('button', { name: 'Approve' });
    await approve.waitFor();
    await page.getByText('The proposal waits for another person.').waitFor();
    expect(stub.world.said).toBe('it sends spam to thousands');
    await sound('proposal');
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    await approve.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
    await approve.waitFor({ state: 'detached' });
  });

  test('a measure for all cards of a case is seen card by card before it is ordered, with a reason (C-43)', async () => {
    await look({ locale: 'en-GB', viewport: PHONE, colorScheme: 'light', isSignedIn: true });
    await page.goto(`${stub.url}/#/cases/3`);
    const all = page.getByRole('button', { name: 'Order for all cards of the case' });
    await all.click();
    const asking = page.getByRole('dialog');
    await asking.getByText('Order “suspend the card” for 3 cards?').waitFor();
    await asking.getByText('ordered: 1, in that state already: 1, refused: 1').waitFor();
    expect(await asking.locator('tbody tr').count()).toBe(3);
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    await sound('measure for all cards');
    await page.keyboard.press('Escape');
    expect(stub.world.batch).toBeNull();
    await all.click();
    await asking.getByLabel('Why').fill('one device holds them all');
    await asking.getByRole('button', { name: 'Order for all', exact: true }).click();
    await page.getByText('Batch 12 is ordered').waitFor();
    expect(stub.world.batch).toEqual({
      ...{ kind: 'suspend-card', of: { case: 3 }, why: 'one device holds them all' },
    });
  });

  test('what is being typed stays when the page brings itself up to date, and hostile text stays text', async () => {
    await look({ locale: 'en-GB', viewport: DESK, colorScheme: 'light', isSignedIn: true });
    await page.goto(`${stub.url}/#/cases/3`);
    await page.getByLabel('Note').fill('half a sent');
    stub.find();
    await page.getByText('8944500000000000003').waitFor();
    expect(await page.getByLabel('Note').inputValue()).toBe('half a sent');
    await page.getByLabel('Note').fill('called the customer');
    await page.getByRole('button', { name: 'Add the note' }).click();
    await page.locator('.note', { hasText: 'called the customer' }).waitFor();
    expect(await page.locator('.note').first().textContent()).toBe(HOSTILE);
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(await page.title()).toBe('Case – Thingward');
  });

  test('one with roles at two parties chooses, and every request and listening says so', async () => {
    stub.world.isOfTwoParties = true;
    await look({ locale: 'en-GB', viewport: DESK, colorScheme: 'light', isSignedIn: true });
    await page.getByRole('heading', { name: 'For whom?' }).waitFor();
    await sound('party');
    await page.getByRole('button', { name: 'Carrier A' }).click();
    await page.getByRole('heading', { name: 'Status' }).waitFor();
    await page.locator('#live.on').waitFor();
    expect(stub.world.partiesHeard).toEqual(['2']);
  });

  test('the evidence of a case is handed over as a file', async () => {
    await look({ locale: 'en-GB', viewport: DESK, colorScheme: 'light', isSignedIn: true });
    await page.goto(`${stub.url}/#/cases/3`);
    const arriving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download the evidence' }).click();
    expect((await arriving).suggestedFilename()).toBe('case-3-evidence.json');
  });

  test('the language changes in place and is remembered', async () => {
    await look({ locale: 'en-GB', viewport: DESK, colorScheme: 'light', isSignedIn: true });
    await page.getByRole('button', { name: '中文' }).click();
    await page.getByRole('heading', { name: '状态' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: '状态' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
  });

  test('the list of what is registered is filtered and paged by the server, and its address says what is shown', async () => {
    await look({ locale: 'en-GB', viewport: DESK, colorScheme: 'light', isSignedIn: true });
    await page.getByRole('link', { name: 'Registered' }).click();
    await page.getByText('8944500000000000002').waitFor();
    await page.getByRole('link', { name: 'Further' }).click();
    await page.getByText('8944500000000000003').waitFor();
    expect(page.url()).toContain('after=WzJd');
    await page.goBack();
    await page.getByLabel('Reference').fill('8944500000000000003');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.getByText('8944500000000000001').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: '8944500000000000003' }).waitFor();
    // A number that is an identifier stays the text it is.
    expect(page.url()).toContain('reference=8944500000000000003');
    await page.getByLabel('Kind').selectOption('Device');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.locator('.empty').waitFor();
  });

  test('the theme follows the system until another is chosen, which is remembered', async () => {
    const theme = () => page.locator('html').getAttribute('data-theme');
    await look({ locale: 'en-GB', viewport: DESK, colorScheme: 'dark', isSignedIn: true });
    await page.getByRole('button', { name: 'Theme: system' }).click();
    await page.getByRole('button', { name: 'Theme: light' }).waitFor();
    expect(await theme()).toBe('light');
    await page.reload();
    await page.getByRole('button', { name: 'Theme: light' }).click();
    await page.getByRole('button', { name: 'Theme: dark' }).click();
    await page.emulateMedia({ colorScheme: 'light' });
    await page.locator('html[data-theme=light]').waitFor();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('html[data-theme=dark]').waitFor();
  });

  test('who goes to a page by the keyboard finds themselves at its heading, and can skip to it', async () => {
    await look({ locale: 'en-GB', viewport: DESK, colorScheme: 'light', isSignedIn: true });
    await page.getByRole('link', { name: 'Cases' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('h1:focus', { hasText: 'Cases' }).waitFor();
    await page.getByRole('link', { name: 'Skip to content' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('main:focus').waitFor();
    await page.goto(`${stub.url}/#/nowhere`);
    await page.getByRole('heading', { name: 'Status' }).waitFor();
  });

  test('what the first page needs before its tables is less than 300 kB of script, gzipped', async () => {
    await look({ locale: 'en-GB', viewport: DESK, colorScheme: 'light', isSignedIn: true });
    await page.getByText('1,482').waitFor();
    await page.getByText('freeradius-detail').first().waitFor();
    const scripts = (await page.evaluate(
      `performance.getEntriesByType('resource').filter(each => each.name.endsWith('.js')).map(each => [each.name, each.encodedBodySize])`,
    )) as [string, number][];
    const needed = scripts.filter(([name]) => !name.includes('drawn-table'));
    expect(needed.length).toBeLessThan(scripts.length);
    const bytes = needed.reduce((sum, [, size]) => sum + size, 0);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(300_000);
  });
});

import { chmodSync, existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

const browserPath = process.env['THINGWARD_TEST_CHROMIUM'] ?? '/usr/bin/chromium';
const ARGUMENTS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
const SHOTS = process.env['THINGWARD_TEST_SHOTS'] ?? 'out/screenshots';

describe.skipIf(!existsSync(browserPath))('the page on the real server with its demonstration', () => {
  const folder = dataFolder();
  let server: ServerProcess;
  let browser: Browser;

  beforeAll(async () => {
    await mkdir(SHOTS, { recursive: true });
    // As root the database runs as nobody, who must be able to walk through the folder.
    chmodSync(folder.path, 0o755);
    server = await startServer(folder.path, { args: ['--demo'] });
    browser = await chromium.launch({ executablePath: browserPath, args: ARGUMENTS.split(' ') });
  }, 400_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    folder.remove();
  });

  test('from the one-time password to a measure ordered, verified by its steps, and lifted, in both languages', async () => {
    const context = await browser.newContext({
      locale: 'en-GB',
      viewport: { width: 1366, height: 768 },
      timezoneId: 'Asia/Shanghai',
    });
    // A slow machine may take its time; nothing here is about speed.
    context.setDefaultTimeout(120_000);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', line => {
      const isAnswer = /status of 40[13]/.test(line.text());
      if (['error', 'warning'].includes(line.type()) && !isAnswer) complaints.push(line.text());
    });
    page.on('pageerror', fault => complaints.push(String(fault)));
    const sound = async (name: string) => {
      await page.screenshot({ path: `${SHOTS}/server-${name}.png`, fullPage: true });
      expect(await page.locator('body').textContent()).not.toContain('⟦');
      const { violations } = await new AxeBuilder({ page })
        .withTags(['wcag2a', 'wcag2aa', 'wcag21aa'])
        .analyze();
      expect(
        violations
          .filter(each => each.impact === 'serious' || each.impact === 'critical')
          .map(each => each.id),
      ).toEqual([]);
    };

    await page.goto(server.address);
    await page.getByLabel('E-mail').fill(server.first?.email ?? '');
    await page.getByLabel('Password').fill(server.first?.password ?? '');
    await page.keyboard.press('Enter');
    await page.getByLabel('New password', { exact: true }).fill('walks the corridor 9');
    await page.getByLabel('New password once more').fill('walks the corridor 9');
    await page.keyboard.press('Enter');
    await page.getByText('demo-usage').waitFor();
    await page.locator('#live.on').waitFor();
    await sound('status');

    await page.getByRole('link', { name: 'Findings' }).click();
    await page.getByText('Card in another device').first().waitFor();
    await sound('findings');
    await page.getByRole('link', { name: 'Cases' }).click();
    await page.getByRole('link', { name: 'Case 1', exact: true }).click();
    await page.getByText(/ left$/).waitFor();
    await page.getByRole('button', { name: 'Order: suspend the card' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Order: suspend the card' }).click();
    await page.locator('.steps .now', { hasText: 'effective' }).waitFor();
    await page.getByLabel('Note').fill('called the customer');
    await page.getByRole('button', { name: 'Add the note' }).click();
    await page.locator('.note', { hasText: 'called the customer' }).waitFor();
    await sound('case');
    const arriving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download the evidence' }).click();
    expect((await arriving).suggestedFilename()).toBe('case-1-evidence.json');

    await page.getByRole('link', { name: 'Registered' }).click();
    await page.getByLabel('Kind').selectOption('card');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.waitForURL(/kind=card/);
    await page.locator('tbody a').first().waitFor();
    await sound('subjects');
    await page.goto(`${server.address}/#/cases/1`);
    await page.locator('.head').getByRole('link').click();
    await page.getByRole('heading', { name: 'Links over time' }).waitFor();
    await page.locator('.plot canvas').first().waitFor({ state: 'attached' });
    await sound('subject');
    await page.getByRole('link', { name: 'Ledger' }).click();
    await page.getByLabel('What it is about').fill('case/1');
    await page.getByRole('button', { name: 'Look up' }).click();
    await page.getByRole('button', { name: 'Download', exact: true }).first().waitFor();
    await page.getByRole('button', { name: 'Check the proofs here' }).click();
    await page.getByText('holds', { exact: true }).first().waitFor();
    expect(await page.getByText('does not hold').count()).toBe(0);
    await page.getByLabel('Key from elsewhere').fill('another.example/log+5d1e7c3a+AQAA');
    await page.getByRole('button', { name: 'Check the proofs here' }).click();
    await page.getByText('does not hold').first().waitFor();
    await sound('ledger');
    await page.goto(`${server.address}/#/cases/1`);
    await page.getByRole('heading', { name: 'Time line' }).waitFor();

    await page.getByRole('button', { name: '中文' }).click();
    await page.getByRole('heading', { name: '时间线' }).waitFor();
    await page.getByRole('button', { name: '解除' }).click();
    await page.getByRole('dialog').getByRole('button', { name: '解除' }).click();
    await page.locator('.steps .now', { hasText: '已解除' }).waitFor();
    await sound('case-zh');
    expect(complaints).toEqual([]);
    await context.close();
  }, 600_000);
});

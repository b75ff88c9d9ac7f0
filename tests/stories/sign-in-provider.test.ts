import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiClient } from '../api-client.ts';
import { freePort, type ProviderProcess, startProvider } from '../openid-provider/process.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

const browserPath = process.env['THINGWARD_TEST_CHROMIUM'] ?? '/usr/bin/chromium';
const ARGUMENTS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
const SECRET = 'a secret between the two servers';

/** C1: sign-in through an OpenID provider that nobody here wrote, as a separate process. */
describe.skipIf(!existsSync(browserPath))('sign-in through a provider', () => {
  const folder = dataFolder();
  let server: ServerProcess;
  let provider: ProviderProcess;
  let browser: Browser;
  let admin: ApiClient;

  beforeAll(async () => {
    const [port, providerPort] = [await freePort(), await freePort()];
    const publicUrl = `http://127.0.0.1:${port}`;
    provider = await startProvider(providerPort, `${publicUrl}/api/v1/login/provider/back`, SECRET);
    const secretFile = join(folder.path, 'oidc.secret');
    writeFileSync(secretFile, `${SECRET}\n`);
    server = await startServer(folder.path, {
      port,
      env: {
        THINGWARD_PUBLIC_URL: publicUrl,
        THINGWARD_OIDC_ISSUER: provider.issuer,
        THINGWARD_OIDC_CLIENT_ID: 'thingward',
        THINGWARD_OIDC_CLIENT_SECRET_FILE: secretFile,
        THINGWARD_OIDC_NAME: 'Example Office',
        THINGWARD_SECOND_FACTOR_ROLES: 'supervisor',
      },
    });
    admin = new ApiClient(server.address);
    await admin.signIn(server.first!.email, server.first!.password, 'nine lamps on a quiet quay');
    browser = await chromium.launch({ executablePath: browserPath, args: ARGUMENTS.split(' ') });
  }, 400_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await provider?.stop();
    folder.remove();
  });

  const freshPage = async () => (await browser.newContext({ locale: 'en-GB' })).newPage();

  /** Goes to the provider, says who one is there, and comes back. */
  async function comeAs(page: Page, subject: string, path = '/'): Promise<void> {
    await page.goto(`${server.address}${path}`);
    await page.locator('#by-provider').click();
    await page.locator('input[name=login]').fill(subject);
    await page.locator('input[name=password]').fill('any');
    await page.locator('button[type=submit]').click();
    await page.locator('button[type=submit]').click();
    await page.waitForURL(`${server.address}/**`);
  }

  /** A new person, and an invitation for them. */
  async function invited(name: string, role: string): Promise<{ id: string; invitation: string }> {
    const email = `${name}@example.org`;
    const { id } = await admin.post<{ id: string }>('/people', { email, name, role });
    return { id, ...(await admin.post<{ invitation: string }>(`/people/${id}/provider-invitation`, {})) };
  }

  test('opens nothing to one who was not invited, though the provider tells an administrator’s address', async () => {
    const page = await freshPage();
    await comeAs(page, 'stranger');
    await page.getByRole('alert').filter({ hasText: 'nobody here was invited' }).waitFor();
    expect((await page.context().cookies()).filter(each => each.name.includes('thingward'))).toEqual([]);
  });

  test('links an invited person once, who then comes in without the invitation', async () => {
    const { id, invitation } = await invited('Invited', 'auditor');
    const page = await freshPage();
    await comeAs(page, 'invited-1', `/#/invitation/${invitation}`);
    await page.getByRole('link', { name: 'Status' }).waitFor();
    const again = await freshPage();
    await comeAs(again, 'invited-1');
    await again.getByRole('link', { name: 'Account' }).waitFor();
    const second = await freshPage();
    await comeAs(second, 'another', `/#/invitation/${invitation}`);
    await second.getByRole('alert').filter({ hasText: 'nobody here was invited' }).waitFor();
    const cookies = (await page.context().cookies()).filter(each => each.name.includes('thingward'));
    expect(cookies.map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite }))).toEqual([
      { name: 'thingward.session_token', httpOnly: true, sameSite: 'Strict' },
    ]);

    await admin.delete(`/people/${id}/provider-link`);
    await page.reload();
    await page.locator('#by-provider').waitFor();
    const unlinked = await freshPage();
    await comeAs(unlinked, 'invited-1');
    await unlinked.getByRole('alert').filter({ hasText: 'nobody here was invited' }).waitFor();
  });

  test('keeps a subject for one person', async () => {
    const [one, two] = [await invited('One', 'auditor'), await invited('Two', 'auditor')];
    await comeAs(await freshPage(), 'shared', `/#/invitation/${one.invitation}`);
    const page = await freshPage();
    await comeAs(page, 'shared', `/#/invitation/${two.invitation}`);
    // Who is known comes in as who they are; the other's invitation stays unspent.
    await page.getByRole('link', { name: 'Status' }).waitFor();
    const other = await freshPage();
    await comeAs(other, 'two', `/#/invitation/${two.invitation}`);
    await other.getByRole('link', { name: 'Status' }).waitFor();
  });

  test('takes the provider’s word for a second factor only when it gives it', async () => {
    const { invitation } = await invited('Chief', 'supervisor');
    const page = await freshPage();
    await comeAs(page, 'chief', `/#/invitation/${invitation}`);
    await page.getByRole('alert').filter({ hasText: 'needs a second factor' }).waitFor();
    const strong = await invited('Strong', 'supervisor');
    const other = await freshPage();
    await comeAs(other, 'chief-strong', `/#/invitation/${strong.invitation}`);
    await other.getByRole('link', { name: 'Findings' }).click();
    await other.getByRole('heading', { name: 'Findings' }).waitFor();
  });

  test('takes nobody in who comes back twice, with another’s state, or without having been sent', async () => {
    const back = (query: string, cookie = '') =>
      fetch(`${server.address}/api/v1/login/provider/back?${query}`, {
        redirect: 'manual',
        headers: { cookie },
      });
    const sent = async () => {
      const answer = await fetch(`${server.address}/api/v1/login/provider`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: server.address },
        body: '{}',
      });
      const { url } = (await answer.json()) as { url: string };
      const cookie = answer.headers.getSetCookie()[0]!.split(';')[0]!;
      return { state: new URL(url).searchParams.get('state'), cookie };
    };
    const [mine, theirs] = [await sent(), await sent()];
    for (const [query, cookie] of [
      ['code=x&state=y', ''],
      [`code=x&state=${mine.state}`, theirs.cookie],
      [`code=x&state=${mine.state}`, mine.cookie],
      [`code=x&state=${mine.state}`, mine.cookie],
      ['error=access_denied', (await sent()).cookie],
    ] as const) {
      const answer = await back(query, cookie);
      expect(answer.headers.get('location')).toBe('/#/refused/provider-refused');
      expect(answer.headers.getSetCookie().join()).not.toContain('session_token');
    }
  });
});

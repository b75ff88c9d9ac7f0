import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../api-client.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

/** C1, C4: the running server speaks TLS by itself and tells a subscriber of a case by a signed post. */
const folder = dataFolder();
const certFile = join(folder.path, 'cert.pem');
const got: Array<{ headers: IncomingHttpHeaders; body: string }> = [];
let server: ServerProcess;
let token = '';
let receiverUrl = '';

const receiver = createServer((incoming, response) => {
  let body = '';
  incoming.on('data', part => {
    body += part;
  });
  incoming.on('end', () => {
    got.push({ headers: incoming.headers, body });
    response.writeHead(204).end();
  });
});

beforeAll(async () => {
  const keyFile = join(folder.path, 'key.pem');
  const subject = ['-subj', '/CN=trial', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  execFileSync('openssl', ['req', '-x509', ...key, ...subject, '-out', certFile, '-days', '2'], {
    stdio: 'ignore',
  });
  await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve));
  receiverUrl = `http://127.0.0.1:${(receiver.address() as { port: number }).port}/in`;
  server = await startServer(folder.path, {
    args: ['--demo'],
    env: {
      THINGWARD_TLS_CERT: certFile,
      THINGWARD_TLS_KEY: keyFile,
      THINGWARD_NOTICE_NETWORKS: '127.0.0.0/8',
      THINGWARD_NOTICE_HTTP: 'allow',
    },
  });
}, 120_000);
afterAll(async () => {
  await server?.stop();
  receiver.closeAllConnections();
  receiver.close();
  folder.remove();
});

/** One request over TLS, the certificate checked. */
function ask(method: string, path: string, body?: unknown) {
  return new Promise<{ status: number; headers: IncomingHttpHeaders; body: Record<string, unknown> }>(
    (resolve, reject) => {
      const headers = {
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      };
      const url = new URL(`/api/v1${path}`, server.address);
      const sent = request(url, { method, headers, ca: readFileSync(certFile) }, answer => {
        let text = '';
        answer.on('data', part => {
          text += part;
        });
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: JSON.parse(text) }),
        );
      });
      sent.once('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    },
  );
}

test('a sign-in over the server’s own TLS gets a cookie that is bound to this host', async () => {
  expect(server.address).toMatch(/^https:/);
  const { email, password } = server.first ?? { email: '', password: '' };
  const entered = await ask('POST', '/login', { email, password, newPassword: 'nine lamps on a quiet quay' });
  expect(entered.status).toBe(200);
  expect(entered.headers['strict-transport-security']).toContain('max-age=31536000');
  expect(String(entered.headers['set-cookie'])).toMatch(
    /^__Host-thingward\.session_token=.*Path=\/.*Secure/i,
  );
  token = String(entered.body['token']);
});

test('a note on a case reaches the subscriber, signed, and the list tells its answer', async () => {
  const refused = await ask('POST', '/subscribers', { url: 'https://169.254.169.254/', topics: ['case'] });
  expect(refused.body['code']).toBe('subscriber-address-refused');
  const made = await ask('POST', '/subscribers', { url: receiverUrl, topics: ['case'] });
  expect(made.status).toBe(201);
  const cases = async () => (await ask('GET', '/cases')).body['items'] as Array<{ id: number }>;
  const [first] = await until('a case', async () => {
    const items = await cases();
    return items.length > 0 && items;
  });
  expect((await ask('POST', `/cases/${first!.id}/notes`, { text: 'called the customer' })).status).toBe(201);
  const isNote = (body: string) => body.includes('"case.note"');
  const noted = await until('the notice', async () => got.find(each => isNote(each.body)), 40_000);
  expect(noted.body).not.toContain('customer');
  const { headers, body } = noted;
  const key = Buffer.from(String(made.body['secret']).replace('whsec_', ''), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const expected = createHmac('sha256', key).update(signed).digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${expected}`);
  const told = await until('the answer in the list', async () => {
    const { body: list } = await ask('GET', `/subscribers/${made.body['id']}/notices`);
    const items = list['items'] as Array<{ type: string; lastAnswer: string | null }>;
    return items.some(each => each.type === 'case.note' && each.lastAnswer === '204') && items;
  });
  expect(JSON.stringify(told)).not.toContain('whsec');
  expect(server.output).not.toContain('whsec');
});

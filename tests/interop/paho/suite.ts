import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { missingProgram } from '../debian/install.ts';

const run = promisify(execFile);

/** Eclipse Paho's interoperability suites (EPL 1.0 or EDL 1.0), at one commit; fetched, never shipped. */
const SOURCE = 'https://github.com/eclipse-paho/paho.mqtt.testing.git';
const COMMIT = '9d7bb80bb8b9d9cfc0b52f8cb4c1916401281103';

/**
 * Runs each test of a suite by itself, so that what one leaves open spoils no other, and has its clients wait five seconds
 * for an answer and not half of one. The will of 3.1.1 is tested by a
 * method that its name hides from the runner. Prints one line of JSON: name of the test, and how it failed or ''.
 */
const PROGRAM = `
import importlib, json, socket, sys, unittest
folder, name, port = sys.argv[1:4]
sys.path.insert(0, folder)
wait = socket.socket.settimeout
socket.socket.settimeout = lambda self, seconds: wait(self, seconds and max(seconds, 5))
suite = importlib.import_module(name)
suite.host, suite.port, suite.topic_prefix = '127.0.0.1', int(port), name + '/'
suite.topics = ('TopicA', 'TopicA/B', 'Topic/C', 'TopicA/C', '/TopicA')
suite.wildtopics = ('TopicA/+', '+/C', '#', '/#', '/+', '+/+', 'TopicA/#')
suite.nosubscribe_topics = ('test/nosubscribe',)
if hasattr(suite.Test, 'will_message_test'):
    suite.Test.test_will_message = suite.Test.will_message_test
told = {}
for one in unittest.defaultTestLoader.getTestCaseNames(suite.Test):
    result = unittest.TestResult()
    unittest.TestSuite([suite.Test(one)]).run(result)
    faults = result.failures + result.errors
    told[one] = faults[0][1].strip().splitlines()[-1] if faults else ''
print()
print(json.dumps(told))
`;

/** The folder of the suites, or why they cannot be had here. `THINGWARD_PAHO_SOURCE` names another place to fetch from. */
export async function pahoSuites(
  folder: string,
): Promise<{ readonly at: string } | { readonly why: string }> {
  for (const [program, from] of [
    ['python3', 'python3'],
    ['git', 'git'],
  ] as const) {
    const why = await missingProgram(program, from);
    if (why !== null) return { why };
  }
  const source = process.env['THINGWARD_PAHO_SOURCE'] ?? SOURCE;
  const to = join(folder, 'paho');
  try {
    const quiet = { env: { ...process.env, GIT_TERMINAL_PROMPT: '0' }, timeout: 60_000 };
    await run('git', ['clone', '--quiet', '--no-checkout', source, to], quiet);
    await run('git', ['-C', to, 'checkout', '--quiet', COMMIT], quiet);
  } catch {
    return { why: `the suites could not be fetched from ${source}` };
  }
  const at = join(to, 'interoperability');
  return existsSync(at) ? { at } : { why: 'the suites are not where they were' };
}

/** Runs a suite against a port: for each test how it failed, '' where it passed. */
export async function runSuite(
  at: string,
  name: 'client_test' | 'client_test5',
  port: number,
): Promise<Readonly<Record<string, string>>> {
  const options = { maxBuffer: 64 << 20, timeout: 900_000 };
  const { stdout } = await run('python3', ['-c', PROGRAM, at, name, String(port)], options);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, string>;
}

/**
 * Tells each test: passed, failed, or not met for a reason that is known. One that is on the list of those not met and
 * passes fails too: the list is to say what is.
 */
export function tellSuite(
  suite: string,
  outcomes: Readonly<Record<string, string>>,
  notMet: Readonly<Record<string, string>>,
): boolean {
  let isGood = true;
  const tell = (isOk: boolean, text: string): void => {
    console.log(`${isOk ? 'ok' : 'FAIL'} ${suite} ${text}`);
    isGood &&= isOk;
  };
  for (const [name, fault] of Object.entries(outcomes)) {
    const why = notMet[name];
    if (why === undefined) tell(fault === '', fault === '' ? name : `${name}: ${fault}`);
    else if (fault === '') tell(false, `${name} is met, though it is listed as not met`);
    else console.log(`not met: ${suite} ${name}: ${why}`);
  }
  const gone = Object.keys(notMet).filter(name => !(name in outcomes));
  if (gone.length > 0 || Object.keys(outcomes).length === 0) tell(false, `did not run: ${gone.join(', ')}`);
  return isGood;
}

/**
 * MQTT 3.1.1 before a stranger: Eclipse Paho's interoperability suite against the broker in the gateway's process.
 *
 * One line for each of its tests; what is not met is listed with its reason. Where the suite cannot be had it is skipped.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PartyBroker } from '../../server/src/modules/gateway/adapters/party-broker.ts';
import { openPort } from './paho/open-port.ts';
import { pahoSuites, runSuite, tellSuite } from './paho/suite.ts';

const NOT_MET: Readonly<Record<string, string>> = {
  test_zero_length_clientid: 'a client is called as its certificate is; an empty name is nobody’s (I-16)',
  test_dollar_topics: 'topics that begin with $ are nobody’s: who publishes to one is cut off (I-18)',
};

const folder = mkdtempSync(join(tmpdir(), 'tw-paho-'));
try {
  const suites = await pahoSuites(folder);
  if ('why' in suites) console.log(`skipped Paho 3.1.1: ${suites.why}`);
  else {
    const port = await openPort(doors => PartyBroker.open(doors));
    try {
      const outcomes = await runSuite(suites.at, 'client_test', port.port);
      if (!tellSuite('Paho 3.1.1', outcomes, NOT_MET)) process.exitCode = 1;
    } finally {
      await port.close();
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

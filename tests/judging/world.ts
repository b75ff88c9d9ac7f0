import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { checkRule } from '../../server/src/spine/rules/check-rule.ts';
import type { KindSchema } from '../../server/src/spine/rules/kind-schema.ts';
import type { RuleWorld } from '../../server/src/spine/rules/read-rule.ts';
import type { Rule } from '../../server/src/spine/rules/rule.ts';

/** A kind of use like the cards' own, so that the station's tests stand without a module. */
export const useOfCards: KindSchema = {
  kind: 'card-usage',
  fields: {
    service: 'string',
    event: 'string',
    imei: 'string',
    tac: 'string',
    deviceKind: 'string',
    mcc: 'string',
    mnc: 'string',
    plmn: 'string',
    country: 'string',
    cell: 'string',
    bytesUp: 'int',
    bytesDown: 'int',
    bytes: 'int',
    smsCount: 'int',
    voiceSeconds: 'int',
    durationSeconds: 'int',
    latE6: 'int',
    lonE6: 'int',
    accuracyM: 'int',
    direction: 'string',
    peer: 'string',
    peerKind: 'string',
  },
  counters: ['bytesUp', 'bytesDown', 'bytes'],
};

export const trialWorld: RuleWorld = {
  kinds: [useOfCards],
  boundSchema: {
    imeis: 'string-list',
    tacs: 'string-list',
    mccs: 'string-list',
    plmns: 'string-list',
    capBytes: 'int',
    capWindow: 'string',
    smsAllowed: 'bool',
    voiceAllowed: 'bool',
    handsetAllowed: 'bool',
    swapWindow: 'bool',
    campaign: 'bool',
    class: 'string',
    zone: 'string',
    burstBytes: 'int',
    dormantDays: 'int',
    speedKmh: 'int',
    travelMinM: 'int',
    cardsPerImei: 'int',
    mayFly: 'bool',
    seasonal: 'bool',
    testBench: 'bool',
    duplicateImeis: 'string-list',
    servicePeers: 'string-list',
    emergencyPeers: 'string-list',
  },
  measures: ['suspend-card'],
  digest: text => createHash('sha256').update(text).digest('hex'),
};

/** The rules that ship for cards, those keyed by a field last. */
export const shippedIds = [
  'card-in-another-device',
  'handset-tac',
  'region-breach',
  'impossible-travel',
  'data-cap',
  'daily-data-cap',
  'data-burst',
  'sms-or-voice',
  'dormant-card-wakes',
  'one-imei-many-cards',
] as const;

export function shippedText(id: string): string {
  return readFileSync(new URL(`../../content/rules/cards/${id}.yaml`, import.meta.url), 'utf8');
}

export function shippedRule(id: string): Rule {
  return soundRule(shippedText(id), id);
}

/** The rule of the text; throws the first fault, in English, when it is refused. */
export function soundRule(text: string, id: string): Rule {
  const check = checkRule(text, id, trialWorld);
  if (check.outcome === 'sound') return check.rule;
  throw new Error(
    check.faults.map(f => `${f.line}:${f.column} ${f.path} ${f.message.en} ${f.mend.en}`).join('\n'),
  );
}

import { sha256 } from '../../../kernel/bytes.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import type { ReadObject } from './json-records.ts';
import { firstText, providerFormat, type RecordShape, shapeReader, withBody } from './provider-json.ts';

/**
 * Events of CAMARA IoT SIM Fraud Prevention as an operator posts them (CloudEvents 1.0 in JSON; github.com/camaraproject/
 * IoTSIMFraudPrevention, `NotificationEvent`): a card is in another device, a card went in or out of its area, a
 * subscription began or ended. A card is named by its phone number, or by the IMSI in a network access identifier.
 *
 * The area of an event is the one that was left or entered, not where the card is: it is read as no place.
 */
export const camaraEvents = providerFormat({
  name: 'camara-events',
  lists: () => [],
  units: ['B'],
  counters: ['delta'],
  reader,
});

const SHAPE: RecordShape = {
  service: 'other',
  columns: {
    msisdn: 'data.device.phoneNumber',
    imsi: 'own.imsi',
    time: 'time',
    event: 'own.said',
    imei: 'data.imei',
    recordId: 'own.id',
  },
};
const CELLULAR = /^[06]?(\d{15})@(?:[a-z0-9-]+\.)*3gppnetwork\.org$/i;

function reader(profile: SourceProfile): ReadObject {
  const read = shapeReader('camara-events', SHAPE, profile);
  return (value, text, around) => {
    const said = (name: string): string => firstText(value, around, name);
    const type = said('type').split('.').at(-1) ?? '';
    const imsi = CELLULAR.exec(said('data.device.networkAccessIdentifier'))?.[1] ?? '';
    // Identifiers are unique within their source (CloudEvents 1.0.2, «id»).
    const named = sha256(`${said('source')} ${said('id')}`)
      .toString('hex')
      .slice(0, 32);
    const id = said('id') === '' ? '' : named;
    const own = { said: type === '' ? 'untyped' : type, imsi, id };
    return withBody(read({ ...value, own }, text, around), {});
  };
}

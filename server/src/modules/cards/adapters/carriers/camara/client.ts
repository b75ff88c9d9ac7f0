import { randomId } from '../../../../../kernel/ids.ts';
import type { ProviderSettings } from '../../../../../spine/measures/measure.ts';
import type { AdapterDoors } from '../../../../../spine/measures/ports.ts';
import { accountOf, type Manner, type Wish } from '../account.ts';
import { carrierRefusal, plainWord } from '../codes.ts';
import { type Fields, fieldsOf, listOf, textOf, unreadable } from '../fields.ts';

/**
 * CAMARA IoT SIM Fraud Prevention as its consumer speaks it (github.com/camaraproject/IoTSIMFraudPrevention; the calls
 * of release 0.1 and of `vwip` are the same). The provider's address is the API root, before `/iot-sim-fraud-prevention`.
 */
export type Hold = 'IMEIBIND' | 'AREALIMIT';

/** What the card is named by. */
export type Device = Readonly<Record<string, string>>;

/** Their word for why not: `ErrorInfo.code`. */
export interface No {
  readonly refused: string;
}

/** How a card stands: whether it is held, and to what as they tell it. */
export interface Held {
  readonly isHeld: boolean;
  /** The IMEI it is bound to, in their form. */
  readonly imei?: string;
  /** The circle it is held to, in degrees and metres. */
  readonly area?: { readonly latitude: number; readonly longitude: number; readonly radius: number };
}

/** What is asked for when another's changes are to be told. */
export interface Wanted {
  readonly type: string;
  readonly device: Device;
  readonly sink: string;
  readonly token: string;
  /** RFC 3339: until then the token is good, and the subscription wanted. */
  readonly until: string;
  readonly maxEvents: number | null;
}

/** A subscription as they have it; `status` is undefined where they do not say. */
export interface Theirs {
  readonly id: string;
  readonly sink: string;
  readonly status: string | undefined;
}

export interface CamaraClient {
  holds(device: Device, type: Hold): Promise<Held | No>;
  /** Sets or lifts a hold; `isDone` is false where they say that it could not be. */
  set(device: Device, type: Hold, isOn: boolean): Promise<{ readonly isDone: boolean } | No>;
  /** `isActive` is false where it begins later (202). */
  subscribe(wanted: Wanted): Promise<{ readonly id: string; readonly isActive: boolean } | No>;
  subscription(id: string): Promise<Theirs | No>;
  subscriptions(): Promise<readonly Theirs[] | No>;
  /** Done as well when they know it no more. */
  unsubscribe(id: string): Promise<{ readonly isDone: true } | No>;
}

/** As what an operator that says not what it bound is asked by. */
const USUAL_VERSION = 'v0.1';

export function camaraClient(
  { version = USUAL_VERSION, ...settings }: ProviderSettings,
  doors: AdapterDoors,
  manner: Manner,
): CamaraClient {
  const account = accountOf(settings, doors, manner);
  const calls = `/iot-sim-fraud-prevention/${version}`;
  const subscriptions = `/iot-sim-fraud-prevention-subscriptions/${version}/subscriptions`;
  const ask = async (wish: Wish): Promise<{ status: number; body: unknown } | No> => {
    const reply = await account.call({ ...wish, headers: { 'x-correlator': randomId() } });
    if (reply.status < 300) return reply;
    // A gateway's page is no answer of the interface.
    const { code } = typeof reply.body === 'object' && reply.body !== null ? (reply.body as Fields) : {};
    if (reply.status < 400 || typeof code !== 'string')
      throw carrierRefusal('provider-answer-unreadable', { status: reply.status });
    return { refused: plainWord(code) };
  };
  return {
    holds: async (device, type) => {
      const said = await ask({ method: 'POST', path: `${calls}/query`, body: { device, queryType: type } });
      return 'refused' in said ? said : heldOf(fieldsOf(said.body, 'query'), type);
    },
    set: async (device, type, isOn) => {
      const [call, field, done] = isOn ? ['bind', 'bindType', 'bound'] : ['unbind', 'unBindType', 'unbound'];
      const said = await ask({ method: 'POST', path: `${calls}/${call}`, body: { device, [field]: type } });
      if ('refused' in said) return said;
      const isDone = fieldsOf(said.body, call)[done];
      if (typeof isDone !== 'boolean') throw unreadable(done);
      return { isDone };
    },
    subscribe: async wanted => {
      const said = await ask({ method: 'POST', path: subscriptions, body: requestFor(wanted) });
      if ('refused' in said) return said;
      const told = fieldsOf(said.body, 'subscription');
      if (said.status === 202) return { id: textOf(told, 'subscriptionId'), isActive: false };
      const { id, status } = theirs(told);
      return { id, isActive: status === undefined || status === 'ACTIVE' };
    },
    subscription: async id => {
      const said = await ask({ method: 'GET', path: `${subscriptions}/${encodeURIComponent(id)}` });
      return 'refused' in said ? said : theirs(fieldsOf(said.body, 'subscription'));
    },
    subscriptions: async () => {
      const said = await ask({ method: 'GET', path: subscriptions });
      return 'refused' in said ? said : listOf(said.body, 'subscriptions').map(theirs);
    },
    unsubscribe: async id => {
      const said = await ask({ method: 'DELETE', path: `${subscriptions}/${encodeURIComponent(id)}` });
      return 'refused' in said && said.refused !== 'NOT_FOUND' ? said : { isDone: true };
    },
  };
}

function requestFor({ type, device, sink, token, until, maxEvents }: Wanted) {
  return {
    types: [type],
    protocol: 'HTTP',
    sink,
    sinkCredential: {
      credentialType: 'ACCESSTOKEN',
      accessToken: token,
      accessTokenExpiresUtc: until,
      accessTokenType: 'bearer',
    },
    config: {
      subscriptionDetail: { device },
      subscriptionExpireTime: until,
      initialEvent: false,
      ...(maxEvents === null ? {} : { subscriptionMaxEvents: maxEvents }),
    },
  };
}

function theirs(told: Fields): Theirs {
  const { status } = told;
  return {
    id: textOf(told, 'id'),
    sink: textOf(told, 'sink'),
    status: typeof status === 'string' ? plainWord(status) : undefined,
  };
}

function heldOf(told: Fields, type: Hold): Held {
  const [part, field, yes, no] =
    type === 'IMEIBIND'
      ? ['imeiBind', 'bindStatus', 'BOUND', 'UNBOUND']
      : ['areaLimit', 'areaLimitStatus', 'RESTRICTED', 'UNRESTRICTED'];
  const fields = fieldsOf(told[part as string], part as string);
  const status = textOf(fields, field as string);
  if (status !== yes && status !== no) throw unreadable(field as string);
  const isHeld = status === yes;
  return { isHeld, ...(isHeld ? detailOf(fields) : {}) };
}

function detailOf({ bindImei, limitArea }: Fields): Omit<Held, 'isHeld'> {
  const imei = typeof bindImei === 'string' && /^[\d-]{14,20}$/.test(bindImei) ? { imei: bindImei } : {};
  const { center, radius } = (limitArea ?? {}) as { center?: Fields; radius?: unknown };
  const [latitude, longitude] = [center?.['latitude'], center?.['longitude']];
  const isArea = typeof latitude === 'number' && typeof longitude === 'number' && typeof radius === 'number';
  return { ...imei, ...(isArea ? { area: { latitude, longitude, radius } } : {}) };
}

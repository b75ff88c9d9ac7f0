import { rfc3339 } from '../../../../kernel/time.ts';
import type { HeldArea } from '../../contracts/bindings/hold.ts';
import { printedImei } from '../../identifiers/imei.ts';

/** What a subscription is about. */
export const WHATS = ['imei-change', 'area-change'] as const;
export type What = (typeof WHATS)[number];

/** Why one ended, as the contract words it (`TerminationReason`). */
export type EndReason =
  | 'MAX_EVENTS_REACHED'
  | 'NETWORK_TERMINATED'
  | 'SUBSCRIPTION_EXPIRED'
  | 'ACCESS_TOKEN_EXPIRED'
  | 'SUBSCRIPTION_DELETED';

const PREFIX = 'org.camaraproject.iot-sim-fraud-prevention.v0.';

export function typeOf(what: string): string {
  return `${PREFIX}${what}`;
}

/** The names of all types, as the contract's sentences list them. */
export const TYPES: readonly string[] = WHATS.map(typeOf);

interface Of {
  readonly subscriptionId: number;
  readonly device: Readonly<Record<string, unknown>>;
}

/** A change, or how things stand at the beginning: `detail` is `{imei}` or `{area}`. */
export function changeBody(of: Of, what: What, event: string, atMs: number, detail: object): string {
  const data = { subscriptionId: String(of.subscriptionId), ...detail, device: of.device };
  return cloudEvent(of, typeOf(what), event, atMs, data);
}

export function startBody(of: Of, atMs: number): string {
  const data = { initiationReason: 'SUBSCRIPTION_CREATED', subscriptionId: String(of.subscriptionId) };
  return cloudEvent(of, typeOf('subscription-started'), 'started', atMs, data);
}

export function endBody(of: Of, reason: EndReason, atMs: number): string {
  const data = { terminationReason: reason, subscriptionId: String(of.subscriptionId) };
  return cloudEvent(of, typeOf('subscription-ended'), 'ended', atMs, data);
}

/** CloudEvents 1.0.2. The identifier is made of subscription and event: one sent again has the one it had. */
function cloudEvent(of: Of, type: string, event: string, atMs: number, data: object): string {
  return JSON.stringify({
    id: `${of.subscriptionId}.${event}`,
    source: `/iot-sim-fraud-prevention-subscriptions/subscriptions/${of.subscriptionId}`,
    type,
    specversion: '1.0',
    datacontenttype: 'application/json',
    time: rfc3339(atMs),
    data,
  });
}

/** `35-209900-176148-1`, of the 14 digits that a device is known by here. */
export function shownImei(key: string): string {
  const imei = printedImei(key);
  return [imei.slice(0, 2), imei.slice(2, 8), imei.slice(8, 14), imei.slice(14)].join('-');
}

export function shownCircle({ latE6, lonE6, radiusM }: HeldArea) {
  const center = { latitude: latE6 / 1_000_000, longitude: lonE6 / 1_000_000 };
  return { areaType: 'CIRCLE', center, radius: radiusM };
}

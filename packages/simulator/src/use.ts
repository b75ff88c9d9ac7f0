import type { SimulatedCard, Use } from './model.ts';

/** A data record of the card in its own device at home, which states no volume yet. */
export function useOf(card: SimulatedCard, atMs: number): Use {
  return {
    id: '',
    card,
    atMs,
    statedMs: atMs,
    judgedAtMs: atMs,
    service: 'data',
    event: 'event',
    imeisv: card.imeisv,
    plmn: card.plmn,
    session: '',
    bytesUp: -1,
    bytesDown: -1,
    smsCount: -1,
    voiceSeconds: -1,
    durationSeconds: -1,
    latE6: Number.NaN,
    lonE6: Number.NaN,
    accuracyM: -1,
    direction: '',
    peer: '',
    peerKind: '',
    cell: '',
    destination: '',
    application: '',
    cause: '',
    area: '',
    account: '',
  };
}

/** Says a volume as its two sides, a third of it sent by the device. */
export function putVolume(use: Use, bytes: number): void {
  use.bytesUp = Math.floor(bytes / 3);
  use.bytesDown = Math.floor(bytes) - use.bytesUp;
}

/** The volume a record states; 0 for none. */
export function volumeOf(use: Use): number {
  return Math.max(0, use.bytesUp) + Math.max(0, use.bytesDown);
}

import type { Body } from '../../spine/observations/observation.ts';
import { CARD_USAGE } from './model.ts';

/**
 * What a record proves of a card that was stopped. A session that begins or still runs, and figures above
 * zero, are traffic the network carried; the end of a session is neither, since a block itself brings it.
 */
export function trafficOf(observation: {
  readonly kind: string;
  readonly body: Body;
}): 'carried' | 'refused' | 'neither' {
  const { kind, body } = observation;
  if (kind !== CARD_USAGE) return 'neither';
  switch (body['event']) {
    case 'refused':
      return 'refused';
    case 'start':
    case 'interim':
      return 'carried';
    case 'event':
      return FIGURES.some(figure => Number(body[figure] ?? 0) > 0) ? 'carried' : 'neither';
    default:
      return 'neither';
  }
}

const FIGURES = ['bytes', 'bytesUp', 'bytesDown', 'smsCount', 'voiceSeconds', 'durationSeconds'] as const;

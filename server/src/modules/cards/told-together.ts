import type { Format } from '../../spine/contribution.ts';
import type { Cut } from '../../spine/observations/observation.ts';
import type { DeviceModels } from './device-models.ts';
import type { UsageBody } from './model.ts';

/**
 * The same format, whose readings say as well what follows from them and from the lists of device models
 * (docs/decisions/0006): the kind of device where the lists know it, the cell of a call or message, and the account of
 * use in a handset. It is told when the record is read and stays with the observation: a list that comes later changes
 * no verdict.
 */
export function withToldTogether(format: Format, models: DeviceModels): Format {
  const few = format.readFew;
  return {
    ...format,
    async *read(bytes, profile) {
      const cuts = format.read(bytes, profile);
      let next = await cuts.next();
      while (next.done !== true) {
        yield toldTogether(next.value, models);
        next = await cuts.next();
      }
      return next.value;
    },
    ...(few === undefined
      ? {}
      : {
          readFew: (bytes, profile) => few(bytes, profile)?.map(cut => toldTogether(cut, models)) ?? null,
        }),
  };
}

function toldTogether(cut: Cut, models: DeviceModels): Cut {
  const { outcome } = cut;
  const follows = 'reading' in outcome ? followsFrom(outcome.reading.body, models) : null;
  if (follows === null || !('reading' in outcome)) return cut;
  const { reading } = outcome;
  const body = { ...reading.body, ...follows };
  return { ...cut, outcome: { reading: { ...reading, body } } };
}

/** What follows from a record's fields; null when nothing does. */
export function followsFrom(
  body: Readonly<Record<string, unknown>>,
  models: DeviceModels,
): Pick<UsageBody, 'deviceKind' | 'talkCell' | 'handsetAccount'> | null {
  const kind = models.get(String(body['tac']));
  const isTalk = body['service'] === 'voice' || body['service'] === 'sms';
  const cell = isTalk ? body['cell'] : undefined;
  const account = kind === 'handset' ? body['account'] : undefined;
  if (kind === undefined && cell === undefined) return null;
  return {
    ...(kind === undefined ? {} : { deviceKind: kind }),
    ...(typeof cell === 'string' ? { talkCell: cell } : {}),
    ...(typeof account === 'string' ? { handsetAccount: account } : {}),
  };
}

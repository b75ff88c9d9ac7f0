import type { Command } from 'commander';
import type { Status } from '../answers.ts';
import type { Desk } from '../desk.ts';
import { plain } from '../table.ts';
import { millis, span } from '../times.ts';
import { volumesOf } from './sources.ts';

export function addStatus(program: Command, desk: Desk): void {
  program
    .command('status')
    .description(desk.say('status'))
    .action(async () => {
      const server = await desk.server();
      const status = await server.get<Status>('/api/v1/status');
      desk.answer(status, () => showStatus(desk, server.url, status));
    });
}

/** What of RADIUS runs, where it is switched on. */
function radiusLine({ say }: Desk, { live }: Status): readonly (readonly [string, string])[] {
  const radius = live?.radius;
  if (radius === undefined) return [];
  const { malformed = 0, badAuthenticator = 0, otherCode = 0 } = radius;
  const {
    port = 0,
    clients = 0,
    answered = 0,
    repeated = 0,
    waiting = 0,
    unknownClient = 0,
    withheld = 0,
  } = radius;
  const dropped = malformed + badAuthenticator + otherCode;
  const told = { port, clients, answered, repeated, waiting, unknownClient, dropped, withheld };
  return [[say('status.radius'), say('status.radius.what', told)]];
}

/** The watch after blocks, where anything is watched or pauses. */
function stormLine({ say }: Desk, { storm }: Status): readonly (readonly [string, string])[] {
  const { blocks = 0, refused = 0, mostAtOne = 0, mostRefused = 0, paused = 0 } = storm ?? {};
  if (blocks + paused === 0) return [];
  return [
    [say('status.storm'), say('status.storm.what', { blocks, refused, mostAtOne, mostRefused, paused })],
  ];
}

function showStatus(desk: Desk, url: string, status: Status): void {
  const { say, shell } = desk;
  const { database, judge, ledger, counts } = status;
  const durable =
    database?.durable === undefined
      ? 'status.unknown'
      : database.durable
        ? 'status.durable'
        : 'status.not-durable';
  desk.pairs([
    [say('status.server'), `${url} ${status.version ?? ''}`],
    [say('status.database'), `${database?.kind ?? ''} PostgreSQL ${database?.version ?? ''}`.trim()],
    [say('status.durability'), say(durable)],
    ...(status.clockBehindMs ? [[say('status.clock'), span(status.clockBehindMs)] as const] : []),
    [say('status.waiting'), judge?.waitingChunks],
    [say('status.waiting-records'), judge?.waitingRecords],
    [say('status.ledger'), ledger?.treeSize],
    [say('status.ledger-origin'), ledger?.origin],
    ...(ledger?.refusal ? ([[say('status.ledger-refusal'), ledger.refusal]] as const) : []),
    ...(ledger?.missing
      ? [
          [
            say('status.ledger-missing'),
            say('status.ledger-missing.what', {
              entries: ledger.missing.entries ?? '',
              has: ledger.missing.databaseSize ?? '',
              newest: ledger.missing.newestSize ?? '',
              since: desk.time(ledger.missing.since),
              until: desk.time(ledger.missing.until),
            }),
          ] as const,
        ]
      : []),
    ...radiusLine(desk, status),
    ...stormLine(desk, status),
    ...Object.entries(counts ?? {}).map(
      ([name, count]) => [plain(desk.value('count', name)), count] as const,
    ),
  ]);
  desk.line('');
  desk.rows(
    [
      { heading: say('column.source'), cell: source => source.name ?? String(source.id ?? '') },
      { heading: say('column.format'), cell: source => source.format ?? '' },
      { heading: say('column.health'), cell: source => desk.value('health', source.health) },
      { heading: say('column.volumes'), cell: source => volumesOf(desk, source) },
      { heading: say('column.watermark'), cell: source => desk.time(source.watermark) },
      {
        heading: say('column.behind'),
        cell: source => {
          const reached = millis(source.watermark);
          return reached === undefined ? '' : span(shell.now() - reached);
        },
      },
    ],
    { items: status.sources ?? [] },
    say('sources.none'),
  );
}

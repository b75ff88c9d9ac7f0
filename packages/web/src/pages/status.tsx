import type { ReactNode } from 'react';
import type { Source, Status } from '../kit/answers.ts';
import { useAnswer } from '../kit/asking.ts';
import { DataTable } from '../kit/data-table.tsx';
import { momentOr } from '../kit/facts.tsx';
import { Chip, Empty, Page, Sheet } from '../kit/page.tsx';
import { Moment, millis, span, useFigure } from '../kit/times.tsx';
import { useWords } from '../kit/words.ts';
import { useLedgerHead } from '../ledger/ledger-head.ts';

/** How the house stands: its database, judging and ledger, what it counts, and its feeds. */
export function StatusPage() {
  const { say, sayValue } = useWords();
  const figure = useFigure();
  const { data: status } = useAnswer<Status>('/status');
  return (
    <Page title={say('nav.status')} tab={say('nav.status')}>
      {status !== undefined && (
        <>
          <div className="tiles">
            <DatabaseTile database={status.database ?? {}} />
            {(status.clockBehindMs ?? 0) > 0 && <ClockTile behindMs={status.clockBehindMs ?? 0} />}
            <JudgeTile judge={status.judge ?? {}} />
            <LedgerTile ledger={status.ledger ?? {}} />
          </div>
          <div className="tiles counts">
            {Object.entries(status.counts ?? {}).map(([name, count]) => (
              <Tile key={name} name={sayValue('count', name)} value={figure(count)} />
            ))}
          </div>
          <Sheet name="sources" title={say('status.sources')}>
            <Sources sources={status.sources ?? []} />
          </Sheet>
        </>
      )}
    </Page>
  );
}

interface TileOf {
  readonly name: string;
  readonly value: string;
  readonly mood?: 'good' | 'bad' | undefined;
  readonly lines?: readonly ReactNode[];
}

function Tile({ name, value, mood, lines = [] }: TileOf) {
  const shown = lines.filter(line => line !== null && line !== undefined && line !== false && line !== '');
  return (
    <section className={`tile ${mood ?? ''}`}>
      <h2>{name}</h2>
      <p className="value">{value}</p>
      {shown.map((line, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines of a tile have no other name and no state
        <p key={i} className="muted">
          {line}
        </p>
      ))}
    </section>
  );
}

function DatabaseTile({ database }: { readonly database: NonNullable<Status['database']> }) {
  const { say, sayValue } = useWords();
  const { durable, kind, version, fsync, synchronousCommit, fullPageWrites } = database;
  const settings = Object.entries({ fsync, synchronousCommit, fullPageWrites });
  return (
    <Tile
      name={say('status.database')}
      value={say(durable === undefined ? 'status.untold' : durable ? 'status.durable' : 'status.not-durable')}
      mood={durable === undefined ? undefined : durable ? 'good' : 'bad'}
      lines={[
        durable !== undefined && say(durable ? 'status.durable.what' : 'status.not-durable.what'),
        [sayValue('database', kind), version === undefined ? '' : `PostgreSQL ${version}`]
          .filter(Boolean)
          .join(', '),
        settings
          .filter(([, setting]) => setting !== undefined)
          .map(([name, setting]) => `${name}: ${setting}`)
          .join(' · '),
      ]}
    />
  );
}

function ClockTile({ behindMs }: { readonly behindMs: number }) {
  const { say } = useWords();
  return (
    <Tile
      name={say('status.clock')}
      value={say('status.clock-behind', { by: span(behindMs, say) })}
      mood="bad"
      lines={[say('status.clock-behind.what')]}
    />
  );
}

function JudgeTile({ judge }: { readonly judge: NonNullable<Status['judge']> }) {
  const { say } = useWords();
  const figure = useFigure();
  const name = say('status.judging');
  if (judge.isOwner === false)
    return (
      <Tile
        name={name}
        value={say('status.judge-absent')}
        mood="bad"
        lines={[say('status.judge-absent.what')]}
      />
    );
  if (judge.waitingRecords === undefined) return <Tile name={name} value={say('status.untold')} />;
  if (judge.waitingRecords === 0) return <Tile name={name} value={say('status.up-to-date')} />;
  return <Tile name={name} value={say('status.waiting', { n: figure(judge.waitingRecords) })} />;
}

function LedgerTile({ ledger }: { readonly ledger: NonNullable<Status['ledger']> }) {
  const { say } = useWords();
  const figure = useFigure();
  const { data: head } = useLedgerHead();
  const { refusal, missing } = ledger;
  return (
    <Tile
      name={say('status.ledger')}
      value={head ? say('status.entries', { n: figure(head.treeSize) }) : say('status.untold')}
      mood={refusal ? 'bad' : undefined}
      lines={[
        refusal && say('status.refused', { code: refusal }),
        missing &&
          say('status.missing', {
            entries: figure(missing.entries),
            has: figure(missing.databaseSize),
            newest: figure(missing.newestSize),
          }),
        missing?.since && (
          <span>
            {say('status.missing.when')} <Moment at={missing.since} /> – {momentOr(missing.until)}
          </span>
        ),
        head && <code>{head.root}</code>,
        head?.origin,
      ]}
    />
  );
}

function Sources({ sources }: { readonly sources: readonly Source[] }) {
  const { say, sayValue } = useWords();
  if (sources.length === 0) return <Empty>{say('status.no-sources')}</Empty>;
  return (
    <DataTable
      caption={say('status.sources')}
      rows={sources}
      keyOf={source => source.id}
      columns={[
        { heading: say('column.source'), cell: source => source.name },
        { heading: say('column.format'), cell: source => source.format },
        {
          heading: say('column.health'),
          cell: ({ health }) => <Chip of={health}>{sayValue('health', health) || say('status.untold')}</Chip>,
        },
        { heading: say('column.volumes'), cell: ({ volumes }) => volumes && <Leap {...volumes} /> },
        {
          heading: say('column.watermark'),
          cell: source => momentOr(source.watermark, say('status.nothing-yet')),
        },
        {
          heading: say('column.behind'),
          cell: ({ watermark }) => {
            const reached = millis(watermark);
            return reached === undefined ? '' : span(Math.max(0, Date.now() - reached), say);
          },
        },
      ]}
    />
  );
}

function Leap({ direction, times, since }: NonNullable<Source['volumes']>) {
  const { say } = useWords();
  const figure = useFigure();
  const leapt = direction === 'down' ? 'status.volumes-down' : 'status.volumes-up';
  return (
    <span>
      <Chip of="late">{say(leapt, { times: figure(times) })}</Chip> <Moment at={since} />
    </span>
  );
}

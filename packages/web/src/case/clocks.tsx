import { useEffect, useState } from 'react';
import type { Clock } from '../kit/answers.ts';
import { Empty } from '../kit/page.tsx';
import { Moment, millis, ownZone, span } from '../kit/times.tsx';
import { useWords } from '../kit/words.ts';

/** The clocks of a case; those that run count down by the second. */
export function Clocks({ clocks }: { readonly clocks: readonly Clock[] }) {
  const { say } = useWords();
  if (clocks.length === 0) return <Empty>{say('case.no-clocks')}</Empty>;
  return (
    <ul className="clocks">
      {clocks.map((clock, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: one clock may be armed twice; the order is that of arming
        <ClockShown key={`${clock.clockId} ${i}`} clock={clock} />
      ))}
    </ul>
  );
}

function ClockShown({ clock }: { readonly clock: Clock }) {
  const { say, sayValue, nameOf } = useWords();
  const zone = clock.zone ?? ownZone;
  const dueMs = millis(clock.dueAt);
  return (
    <li className={`clock ${clock.state}`}>
      <strong>{nameOf(clock.title) || clock.clockId}</strong>
      {clock.state === 'running' && dueMs !== undefined ? (
        <Left dueMs={dueMs} />
      ) : (
        <span className="left">{sayValue('clock', clock.state)}</span>
      )}
      <span className="muted">
        {say('case.due')} <Moment at={clock.dueAt} zone={zone} /> ({zone})
      </span>
    </li>
  );
}

/** Counts down, and up again once it is late. */
function Left({ dueMs }: { readonly dueMs: number }) {
  const { say } = useWords();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const beat = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(beat);
  }, []);
  const leftMs = dueMs - now;
  return (
    <span className={leftMs < 0 ? 'left late' : 'left'} role="timer">
      {leftMs >= 0
        ? say('case.left', { span: span(leftMs, say) })
        : say('case.overdue', { span: span(-leftMs, say) })}
    </span>
  );
}

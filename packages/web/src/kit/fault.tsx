import { Alert } from 'antd';
import { Refused } from './door.ts';
import { useWords } from './words.ts';

/** Why something was refused or not answered, and what mends it. */
export function FaultShown({ fault }: { readonly fault: unknown }) {
  const { say } = useWords();
  if (!(fault instanceof Refused))
    return <Notice title={say('fault.unreachable')} lines={[say('fault.unreachable.mend')]} />;
  const { title, detail, mend, instance } = fault.problem;
  // Whoever keeps the server finds a fault of its own in its log by this.
  const place = fault.status >= 500 ? instance : undefined;
  return (
    <Notice title={title ?? say('fault.refused', { status: fault.status })} lines={[detail, mend, place]} />
  );
}

function Notice({
  title,
  lines,
}: {
  readonly title: string;
  readonly lines: readonly (string | undefined)[];
}) {
  return (
    <Alert
      className="fault"
      type="error"
      title={title}
      description={lines.filter(line => line).map(line => <p key={line}>{line}</p>)}
    />
  );
}

import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Button, Input } from 'antd';
import { useState } from 'react';
import { useAnswer } from '../kit/asking.ts';
import { DataTable } from '../kit/data-table.tsx';
import { save } from '../kit/door.ts';
import { Facts } from '../kit/facts.tsx';
import { Form } from '../kit/form.tsx';
import { Chip, Empty, Page, Sheet } from '../kit/page.tsx';
import { useFigure } from '../kit/times.tsx';
import { useWords } from '../kit/words.ts';
import { useLedgerHead } from './ledger-head.ts';
import type { Proven, Verdict } from './verify-entry.ts';

const route = getRouteApi('/ledger');

interface Proofs {
  readonly items: readonly Proven[];
}

/** The head of the ledger, the acts about one thing, their proofs, and a check of them in the browser. */
export function LedgerPage() {
  const { say } = useWords();
  const { object = '' } = route.useSearch();
  return (
    <Page title={say('nav.ledger')} tab={say('nav.ledger')}>
      <Sheet name="checkpoint" title={say('ledger.checkpoint')}>
        <Checkpoint />
      </Sheet>
      <Sheet name="acts" title={say('ledger.acts')}>
        <LookUp object={object} />
        {object !== '' && <Acts key={object} object={object} />}
      </Sheet>
    </Page>
  );
}

function Checkpoint() {
  const { say } = useWords();
  const figure = useFigure();
  const { data: head } = useLedgerHead();
  const { data: key } = useAnswer<{ readonly verifierKey: string }>('/ledger/key');
  if (head === undefined) return null;
  if (head === null) return <Empty>{say('ledger.none')}</Empty>;
  return (
    <>
      <Facts
        rows={[
          [say('ledger.origin'), head.origin],
          [say('ledger.size'), figure(head.treeSize)],
          [say('ledger.root'), <code key="root">{head.root}</code>],
          [say('ledger.signers'), head.signers.join(', ')],
          [say('ledger.key'), key && <code>{key.verifierKey}</code>],
        ]}
      />
      <p>
        <Button onClick={() => save(head.note, 'checkpoint.txt', 'text/plain')}>
          {say('ledger.download-head')}
        </Button>
      </p>
    </>
  );
}

function LookUp({ object }: { readonly object: string }) {
  const { say } = useWords();
  const go = useNavigate();
  return (
    <Form
      id="look-up"
      label={say('ledger.look-up')}
      done={async values => go({ to: '/ledger', search: { object: (values['object'] ?? '').trim() } })}
    >
      <label>
        <span>{say('ledger.object')}</span>
        <Input
          key={object}
          name="object"
          required
          maxLength={200}
          defaultValue={object}
          placeholder="case/1"
        />
      </label>
    </Form>
  );
}

function Acts({ object }: { readonly object: string }) {
  const { say, sayValue } = useWords();
  const { data } = useAnswer<Proofs>(`/ledger/proofs?object=${encodeURIComponent(object)}`);
  const { data: key } = useAnswer<{ readonly verifierKey: string }>('/ledger/key');
  const [given, setGiven] = useState('');
  const [verdicts, setVerdicts] = useState<ReadonlyMap<number, Verdict>>(new Map());
  if (data === undefined) return null;
  if (data.items.length === 0) return <Empty>{say('ledger.nothing', { object })}</Empty>;
  const check = async (): Promise<void> => {
    const { verifyEntries } = await import('./verify-entry.ts');
    setVerdicts(await verifyEntries(data.items, given.trim() || (key?.verifierKey ?? '')));
  };
  return (
    <>
      <DataTable
        caption={say('ledger.acts')}
        rows={data.items}
        keyOf={item => item.index ?? item.entry}
        columns={[
          { heading: say('ledger.index'), cell: item => item.index ?? '–', isNumber: true },
          { heading: say('ledger.act'), cell: item => <code>{item.act}</code> },
          { heading: say('column.state'), cell: item => sayValue('entry', item.state) },
          { heading: say('ledger.proof'), cell: item => <ProofButton item={item} /> },
          {
            heading: say('ledger.checked'),
            cell: item => <VerdictShown of={verdicts.get(item.index ?? -1)} />,
          },
        ]}
      />
      <Form id="check" label={say('ledger.check')} done={check}>
        <label>
          <span>{say('ledger.key-given')}</span>
          <Input name="key" value={given} maxLength={500} onChange={event => setGiven(event.target.value)} />
        </label>
      </Form>
      {verdicts.size > 0 && (
        <p role="status">{say(given.trim() === '' ? 'ledger.by-own-key' : 'ledger.by-given-key')}</p>
      )}
    </>
  );
}

function ProofButton({ item }: { readonly item: Proven }) {
  const { say } = useWords();
  const { index, proof } = item;
  if (proof === null) return say('ledger.no-proof-yet');
  return (
    <Button onClick={() => save(proof, `${index}.tlog-proof`, 'text/plain')}>
      {say('ledger.download-proof')}
    </Button>
  );
}

function VerdictShown({ of }: { readonly of: Verdict | undefined }) {
  const { say } = useWords();
  if (of === undefined) return null;
  if (of.isGood) return <Chip of="verified">{say('ledger.holds')}</Chip>;
  return (
    <>
      <Chip of="failed">{say('ledger.does-not-hold')}</Chip> <code>{of.why}</code>
    </>
  );
}

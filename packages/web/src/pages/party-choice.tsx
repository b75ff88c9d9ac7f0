import { Button } from 'antd';
import type { Both, List } from '../kit/answers.ts';
import { useAnswer } from '../kit/asking.ts';
import { speakFor } from '../kit/door.ts';
import { useWords } from '../kit/words.ts';
import { useSession } from '../session.ts';

interface PartyOf {
  readonly partyId: number;
  readonly name?: Both;
}

/** For one who has roles at several parties: which of them this page speaks for. */
export function PartyChoice() {
  const { say, nameOf } = useWords();
  const { enter } = useSession();
  const { data } = useAnswer<List<PartyOf>>('/me/parties');
  const choose = (partyId: number): void => {
    speakFor(partyId);
    void enter();
  };
  return (
    <section className="sheet narrow">
      <h1>{say('party.choose')}</h1>
      <p className="muted">{say('party.why')}</p>
      {data?.items.map(party => (
        <p key={party.partyId}>
          <Button onClick={() => choose(party.partyId)}>{nameOf(party.name) || String(party.partyId)}</Button>
        </p>
      ))}
    </section>
  );
}

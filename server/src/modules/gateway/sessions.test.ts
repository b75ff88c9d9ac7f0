import { describe, expect, it } from 'vitest';
import type { Database } from '../../kernel/database/transaction.ts';
import type { Credential, CredentialNews, Presented } from '../../spine/credentials.ts';
import type { Rights } from './rights/rights.ts';
import { MOST_AWAY, type Session, Sessions } from './sessions.ts';

/** A register and rights that a test changes at any moment; `between` runs after an answer was read and before it is told. */
function scene() {
  const state = {
    ...{ changeNo: 0, fault: null as 'revoked' | null, notAfterMs: 1_000_000, nowMs: 0 },
    rights: { publish: ['up/{serial}'], subscribe: [] } as Rights | undefined,
    between: async (): Promise<void> => {},
    closed: [] as string[],
    ...{ reference: 'm:A', asked: 0 },
  };
  const credential = (): Credential => ({
    ...{ credentialId: 7, partyId: 1, subjectId: 3, reference: state.reference, claim: 'device:m:A' },
    ...{ notAfterMs: state.notAfterMs, issuerId: 5, changeNo: state.changeNo },
  });
  const database = {
    door: async () => {
      state.asked += 1;
      return state.rights;
    },
    corridor: async () => new Map(state.rights === undefined ? [] : [['1 m', state.rights]]),
  } as unknown as Database;
  const presented = async (): Promise<Presented> => {
    const answer: Presented =
      state.fault === null ? { credential: credential() } : { fault: state.fault, of: credential() };
    await state.between();
    return answer;
  };
  const news = async (_: Database, seen: ReadonlyMap<number, number>): Promise<CredentialNews> => {
    const isNew = (seen.get(5) ?? 0) < state.changeNo && state.fault !== null;
    const ended = { credentialId: 7, partyId: 1, reference: 'm:A', claim: 'device:m:A', isLast: true };
    return {
      changeNos: new Map([[5, state.changeNo]]),
      ended: isNew ? [{ ...ended, fault: 'revoked' }] : [],
    };
  };
  const sessions = new Sessions({
    ...{ database, clock: { now: () => state.nowMs } },
    credentials: { presented, news, used: async () => {} },
    closed: ({ reference, connections }) => state.closed.push(`${reference} ${connections}`),
  });
  const closed: string[] = [];
  const admit = () =>
    sessions.admit(Buffer.alloc(1), {
      close: () => closed.push('closed'),
      rightsChanged: () => closed.push('rights'),
    });
  const admitted = async (): Promise<Session> => {
    const answer = await admit();
    if (!('session' in answer)) throw new Error(answer.fault);
    return answer.session;
  };
  const revoke = () => Object.assign(state, { fault: 'revoked', changeNo: state.changeNo + 1 });
  return { state, sessions, closed, admit, admitted, revoke };
}

describe('a session', () => {
  it('ends at the first look after its certificate does, and only once', async () => {
    const { state, sessions, closed, admitted, revoke } = scene();
    const session = await admitted();
    await sessions.look();
    expect([session.ended, closed]).toEqual([null, []]);
    revoke();
    await sessions.look();
    await sessions.look();
    expect([session.ended, closed, state.closed]).toEqual(['revoked', ['closed'], ['m:A 1']]);
  });

  it('is not begun by a certificate that ended while its answer was under way', async () => {
    const { state, sessions, admit, admitted, revoke } = scene();
    sessions.leave(await admitted());
    state.between = async () => {
      state.between = async () => {};
      revoke();
      await sessions.look();
    };
    expect(await admit()).toMatchObject({ fault: 'revoked' });
    expect(sessions.size).toBe(0);
  });

  it('ends when the time of its certificate is over', async () => {
    const { state, sessions, admitted } = scene();
    const session = await admitted();
    state.nowMs = 1_000_001;
    await sessions.look();
    expect(session.ended).toBe('expired');
  });

  it('is held to rights that change, and has none where there are none (I-18, I-19)', async () => {
    const { state, sessions, closed, admitted } = scene();
    const session = await admitted();
    expect(session.rights.mayPublish('up/A')).toBe(true);
    state.rights = undefined;
    await sessions.look();
    expect([session.rights.mayPublish('up/A'), closed, sessions.withoutRights]).toEqual([
      false,
      ['rights'],
      1,
    ]);
    state.rights = { publish: ['#'], subscribe: [] };
    await sessions.look();
    expect([session.rights.mayPublish('x'), sessions.withoutRights]).toEqual([true, 0]);
  });

  it('keeps rights in mind for a bounded number of products, those of devices that are here among them', async () => {
    const { state, sessions, admitted } = scene();
    const session = await admitted();
    for (let i = 0; i < MOST_AWAY + 10; i++) {
      state.reference = `p${i}:A`;
      sessions.leave(await admitted());
    }
    expect(state.asked).toBe(MOST_AWAY + 11);
    state.rights = { publish: ['#'], subscribe: [] };
    await sessions.look();
    expect(session.rights.mayPublish('x')).toBe(true);
    expect(sessions.rightsNow(1, 'p0:A').mayPublish('up/A')).toBe(false);
    state.reference = 'p0:A';
    expect((await admitted()).rights.mayPublish('up/A')).toBe(true);
    expect(state.asked).toBe(MOST_AWAY + 12);
  });
});

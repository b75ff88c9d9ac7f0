import { makerName } from '../device-models.ts';
import { refuse } from './cells.ts';
import { importKind } from './import-kind.ts';
import { madeBy, ofMaker, ofType } from './registration.ts';

/** Makers of devices and the types they make, by TAC: whom a finding about a whole batch of devices is against (CR-10). */
export const makersImport = importKind('makers', ['maker', 'title', 'tacs', 'zone', 'from', 'to'], cells => {
  const maker = makerName(cells.need('maker')) ?? refuse('maker', 'no name of up to 120 characters');
  const tacs = cells.list('tacs');
  for (const tac of tacs) if (!/^\d{8}$/.test(tac)) refuse('tacs', `not eight digits (${tac.slice(0, 40)})`);
  const span = cells.span();
  return [
    ...ofMaker(maker, cells.attributes({ title: 'title' })),
    ...tacs.flatMap(tac => [...ofType(tac), madeBy(tac, maker, span)]),
  ];
});

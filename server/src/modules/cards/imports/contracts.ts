import { FACTS } from '../restrictions.ts';
import { importKind } from './import-kind.ts';
import { CONTRACT, stated } from './registration.ts';
import { RESTRICTION_COLUMNS, restrictionOf } from './restriction-cells.ts';

/** Contracts and what they restrict, each row in force from `from`; a later row amends the terms it states. */
export const contractsImport = importKind(
  'contracts',
  ['contract', 'title', 'buyer', ...RESTRICTION_COLUMNS, 'from', 'to'],
  cells => {
    const contract = { kind: CONTRACT, reference: cells.need('contract') };
    const className = cells.get('class');
    const attributes = cells.attributes({ title: 'title', buyer: 'buyer', deviceType: 'device_type' });
    const restriction = restrictionOf(cells);
    const span = cells.span();
    return [
      { do: 'subject', ...contract, ...(className === undefined ? {} : { class: className }), attributes },
      ...(Object.keys(restriction).length > 0
        ? [stated(contract, FACTS.restriction, restriction, span)]
        : []),
    ];
  },
);

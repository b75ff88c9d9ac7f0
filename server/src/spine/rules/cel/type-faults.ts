import { declineAt, faultAt } from './fault.ts';
import { declinedFunction } from './functions.ts';
import type { CelType } from './types.ts';

/** No overload takes these types. */
export function noOverload(at: number, name: string, types: readonly CelType[]) {
  const shown = name === 'index' ? `${types[0]}[${types[1]}]` : `${name}(${types.join(', ')})`;
  return faultAt(
    at,
    `${shown} is not defined`,
    'give it values of the types it takes; int(), double() and string() convert',
  );
}

/** A function nobody declares, or one of a part of CEL that is declined. */
export function unknownFunction(at: number, name: string, namespace: string | null) {
  const feature = declinedFunction(name, namespace);
  if (feature === undefined)
    return faultAt(at, `there is no function "${name}"`, 'use one of the functions of CEL');
  return declineAt(at, feature, `"${name}" is not supported`, 'write the condition without it');
}

/** How to make a value of the type that was wanted. */
export function mendFor(type: CelType): string {
  return type === 'bool' ? 'compare it with something, so that it is true or false' : `give it a ${type}`;
}

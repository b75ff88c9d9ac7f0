export { isRight, RIGHTS, type Right, rightsOf } from '../spine/registry/people/rights.ts';

import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import { type ModuleRoute, moduleRoute, type RouteHand } from '../../../spine/module-route.ts';
import { isRootParty } from '../../../spine/registry/root-party.ts';
import { addRoot, removeRoot, rootsSeen } from '../rotation.ts';
import { openVault } from '../vault.ts';
import { handOf, Id } from './parts.ts';

const tag = 'personal data';

/** The vault's root keys: whether it opens, renewed, and taken out of use. */
export function vaultRoutes(): readonly ModuleRoute[] {
  return [
    moduleRoute({
      method: 'GET',
      path: '/vault',
      right: 'vault:read',
      tag,
      answer: async hand => {
        await atRoot(hand, 'vault:read');
        const roots = await hand.database.corridor(rootsSeen);
        const fault = await openVault(hand).then(
          () => null,
          (thrown: unknown) => {
            if (isRefusal(thrown)) return thrown.code;
            throw thrown;
          },
        );
        return { isOpen: fault === null, fault, roots };
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/vault/roots',
      right: 'vault:rotate',
      tag,
      status: 201,
      answer: async hand => {
        await atRoot(hand, 'vault:rotate');
        const root = await addRoot(hand, handOf(hand));
        hand.announce('vault', `vault-root/${root}`);
        return { root };
      },
    }),
    moduleRoute({
      method: 'DELETE',
      path: '/vault/roots/:root',
      right: 'vault:rotate',
      tag,
      params: { root: Id },
      answer: async (hand, { params }) => {
        await atRoot(hand, 'vault:rotate');
        await removeRoot(hand, handOf(hand), params.root);
        return { root: params.root };
      },
    }),
  ];
}

/** The vault is the installation's: its keys are seen and renewed at the root party alone. */
async function atRoot({ database, actor }: RouteHand, right: string): Promise<void> {
  const isRoot = await database.door(actor.partyId, tx => isRootParty(tx, actor.partyId));
  if (!isRoot) throw new Refusal('right-missing', { detail: { right: `${right} at the root party` } });
}

import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Link,
  lazyRouteComponent,
  Navigate,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { Frame } from './frame.tsx';
import { FaultShown } from './kit/fault.tsx';
import { someoneWent } from './kit/page.tsx';
import { useWords } from './kit/words.ts';

const root = createRootRoute({ component: Inside, notFoundComponent: ToStatus });
const at = <Path extends string>(path: Path) => ({ getParentRoute: () => root, path }) as const;

/** Search words of an address that a page takes, each a text. */
function textsOf<Name extends string>(...names: readonly Name[]) {
  return (search: Record<string, unknown>): { readonly [N in Name]?: string } =>
    Object.fromEntries(
      names.flatMap(name => (typeof search[name] === 'string' ? [[name, search[name]]] : [])),
    ) as { readonly [N in Name]?: string };
}

/** Each page is fetched when somebody first goes there. */
const routeTree = root.addChildren([
  createRoute({
    ...at('/'),
    beforeLoad: () => {
      throw redirect({ to: '/status', replace: true });
    },
  }),
  createRoute({
    ...at('/status'),
    component: lazyRouteComponent(() => import('./pages/status.tsx'), 'StatusPage'),
  }),
  createRoute({
    ...at('/findings'),
    component: lazyRouteComponent(() => import('./pages/findings.tsx'), 'FindingsPage'),
  }),
  createRoute({
    ...at('/cases'),
    component: lazyRouteComponent(() => import('./pages/cases.tsx'), 'CasesPage'),
  }),
  createRoute({
    ...at('/cases/$id'),
    component: lazyRouteComponent(() => import('./case/case-page.tsx'), 'CasePage'),
  }),
  createRoute({
    ...at('/subjects'),
    validateSearch: textsOf('kind', 'reference', 'class', 'after'),
    component: lazyRouteComponent(() => import('./subjects/subjects-page.tsx'), 'SubjectsPage'),
  }),
  createRoute({
    ...at('/subjects/$id'),
    component: lazyRouteComponent(() => import('./subjects/subject-page.tsx'), 'SubjectPage'),
  }),
  createRoute({
    ...at('/ledger'),
    validateSearch: textsOf('object'),
    component: lazyRouteComponent(() => import('./ledger/ledger-page.tsx'), 'LedgerPage'),
  }),
  createRoute({
    ...at('/account'),
    component: lazyRouteComponent(() => import('./pages/account.tsx'), 'AccountPage'),
  }),
]);

// Said before the router looks, so that it never leads away from where somebody goes meanwhile.
if (['', '#/'].includes(location.hash)) history.replaceState(null, '', '#/status');

/** Addresses stand behind `#`, as they always did: links that people kept go on leading where they led. */
export const router = createRouter({
  routeTree,
  history: createHashHistory(),
  defaultErrorComponent: ({ error }) => <FaultShown fault={error} />,
  // Search words are plain text: a number that is an identifier stays one.
  parseSearch: text => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: search => {
    const words = Object.entries(search).filter(([, word]) => typeof word === 'string' && word !== '');
    const text = new URLSearchParams(words as [string, string][]).toString();
    return text === '' ? '' : `?${text}`;
  },
});

router.subscribe('onBeforeNavigate', ({ fromLocation, pathChanged }) => {
  if (fromLocation !== undefined && pathChanged) someoneWent();
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

function ToStatus() {
  return <Navigate to="/status" replace />;
}

function Inside() {
  const { say } = useWords();
  return (
    <Frame
      nav={
        <nav aria-label={say('nav')}>
          <Link to="/status">{say('nav.status')}</Link>
          <Link to="/findings">{say('nav.findings')}</Link>
          <Link to="/cases">{say('nav.cases')}</Link>
          <Link to="/subjects">{say('nav.subjects')}</Link>
          <Link to="/ledger">{say('nav.ledger')}</Link>
        </nav>
      }
      account={<Link to="/account">{say('nav.account')}</Link>}
    >
      <Outlet />
    </Frame>
  );
}

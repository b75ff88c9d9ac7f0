import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Button, Input } from 'antd';
import type { List } from '../kit/answers.ts';
import { useAnswer } from '../kit/asking.ts';
import { DataTable } from '../kit/data-table.tsx';
import { Form } from '../kit/form.tsx';
import { Empty, Page } from '../kit/page.tsx';
import { Moment } from '../kit/times.tsx';
import { useWords } from '../kit/words.ts';
import type { Subject, SubjectKind } from './subject-answers.ts';

const route = getRouteApi('/subjects');
const PAGE = 50;

/** Whatever modules register, filtered and paged by the server; the address says what is shown. */
export function SubjectsPage() {
  const { say } = useWords();
  const search = route.useSearch();
  const { data } = useAnswer<List<Subject>>(`/subjects?${queryOf(search)}`);
  const { data: kinds } = useAnswer<List<SubjectKind>>('/subject-kinds');
  return (
    <Page title={say('nav.subjects')} tab={say('nav.subjects')}>
      <Filter key={JSON.stringify(search)} kinds={kinds?.items ?? []} />
      {data !== undefined && (
        <section className="sheet">
          {data.items.length === 0 ? (
            <Empty>{say('subjects.none')}</Empty>
          ) : (
            <SubjectsTable subjects={data.items} kinds={kinds?.items ?? []} />
          )}
          <p className="buttons">
            {search.after !== undefined && (
              <Link to="/subjects" search={{ ...search, after: undefined }}>
                {say('list.first')}
              </Link>
            )}
            {data.next !== null && (
              <Link to="/subjects" search={{ ...search, after: data.next }}>
                {say('list.next')}
              </Link>
            )}
          </p>
        </section>
      )}
    </Page>
  );
}

function queryOf(search: Readonly<Record<string, string | undefined>>): URLSearchParams {
  const given = Object.entries(search).filter((each): each is [string, string] => each[1] !== undefined);
  return new URLSearchParams([...given, ['limit', String(PAGE)]]);
}

function Filter({ kinds }: { readonly kinds: readonly SubjectKind[] }) {
  const { say, nameOf } = useWords();
  const search = route.useSearch();
  const go = useNavigate();
  const filter = async (values: Readonly<Record<string, string>>): Promise<void> => {
    const given = Object.entries(values).map(([name, value]) => [name, value.trim()] as const);
    await go({ to: '/subjects', search: Object.fromEntries(given.filter(([, value]) => value !== '')) });
  };
  return (
    <section className="sheet filter" aria-label={say('list.filter')}>
      <Form id="filter" label={say('list.filter')} done={filter}>
        <label>
          <span>{say('subject.kind')}</span>
          <select key={kinds.length} name="kind" className="choice" defaultValue={search.kind ?? ''}>
            <option value="">{say('list.all')}</option>
            {kinds.map(({ kind, title }) => (
              <option key={kind} value={kind}>
                {nameOf(title) || kind}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>{say('subject.reference')}</span>
          <Input name="reference" maxLength={200} defaultValue={search.reference} />
        </label>
        <label>
          <span>{say('subject.class')}</span>
          <Input name="class" maxLength={200} defaultValue={search.class} />
        </label>
      </Form>
      <Button onClick={() => void go({ to: '/subjects', search: {} })}>{say('list.show-all')}</Button>
    </section>
  );
}

interface TableOf {
  readonly subjects: readonly Subject[];
  readonly kinds: readonly SubjectKind[];
}

function SubjectsTable({ subjects, kinds }: TableOf) {
  const { say, nameOf } = useWords();
  const titles = new Map(kinds.map(each => [each.kind, each.title]));
  return (
    <DataTable
      caption={say('nav.subjects')}
      rows={subjects}
      keyOf={subject => subject.id}
      columns={[
        {
          heading: say('subject.reference'),
          cell: ({ id, reference }) => (
            <Link to="/subjects/$id" params={{ id: String(id) }}>
              {reference}
            </Link>
          ),
        },
        { heading: say('subject.kind'), cell: ({ kind }) => nameOf(titles.get(kind)) || kind },
        { heading: say('subject.class'), cell: subject => subject.class ?? '–' },
        { heading: say('subject.registered'), cell: subject => <Moment at={subject.createdAt} /> },
      ]}
    />
  );
}

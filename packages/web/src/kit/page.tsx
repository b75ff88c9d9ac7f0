import { type ReactNode, useEffect, useRef } from 'react';
import { useWords } from './words.ts';

let hasGone = false;

/** From now on a new page takes the reader's place to its heading. */
export function someoneWent(): void {
  hasGone = true;
}

/** A page: its heading, which a screen reader hears first after going there, and its name on the tab. */
export function Page({
  title,
  tab,
  children,
}: {
  readonly title: string;
  readonly tab: string;
  readonly children: ReactNode;
}) {
  const { say } = useWords();
  const heading = useRef<HTMLHeadingElement>(null);
  const sentence = `${tab} – ${say('title')}`;
  useEffect(() => {
    document.title = sentence;
  }, [sentence]);
  useEffect(() => {
    if (hasGone) heading.current?.focus();
  }, []);
  return (
    <div className="view">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </div>
  );
}

/** A part of a page under a heading of its own. */
export function Sheet({
  name,
  title,
  children,
}: {
  readonly name: string;
  readonly title: string;
  readonly children: ReactNode;
}) {
  return (
    <section className={`sheet ${name}`} aria-labelledby={`part-${name}`}>
      <h2 id={`part-${name}`}>{title}</h2>
      {children}
    </section>
  );
}

/** A short word with the colour of what it says. */
export function Chip({ of, children }: { readonly of?: string; readonly children: ReactNode }) {
  return <span className={`chip ${of ?? ''}`}>{children}</span>;
}

export function Empty({ children }: { readonly children: ReactNode }) {
  return <p className="empty">{children}</p>;
}

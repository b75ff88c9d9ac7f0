import type { ReactNode } from 'react';
import { Moment, millis } from './times.tsx';

/** Name and value pairs; those without a value are left out. */
export function Facts({ rows }: { readonly rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {rows
        .filter(([, value]) => value !== null && value !== undefined && value !== '' && value !== false)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** A moment for `Facts`, or nothing. */
export function momentOr(at: number | string | null | undefined, otherwise: ReactNode = null): ReactNode {
  return millis(at) === undefined ? otherwise : <Moment at={at} />;
}

const EARLIEST_MS = 100_000_000_000;

/** Any JSON value as nested name-value lists, as text only; a number named `…Ms` that can be a moment is shown as one. */
export function Tree({ value, name = '' }: { readonly value: unknown; readonly name?: string }) {
  if (name.endsWith('Ms') && typeof value === 'number' && value > EARLIEST_MS) return <Moment at={value} />;
  if (typeof value !== 'object' || value === null)
    return <code>{typeof value === 'string' ? value : JSON.stringify(value)}</code>;
  const entries = Array.isArray(value)
    ? value.map((item: unknown, i) => [String(i + 1), item] as const)
    : Object.entries(value as Record<string, unknown>);
  if (entries.length === 0) return <span className="muted">–</span>;
  return (
    <dl className="tree">
      {entries.map(([inner, item]) => (
        <div key={inner}>
          <dt>{inner}</dt>
          <dd>
            <Tree value={item} name={inner} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { DataTable } from '../kit/data-table.tsx';
import { useTheme } from '../kit/theme.ts';
import { useFigure } from '../kit/times.tsx';
import { useWords } from '../kit/words.ts';
import type { UsageOf } from './subject-answers.ts';

const HEIGHT_PX = 240;
const DAY_S = 86_400;
/** Told apart by lightness too, in both themes. */
const COLOURS = {
  light: ['#0b5c6b', '#a3161f', '#7a4b00'],
  dark: ['#7fd0df', '#ffa3a3', '#f3c56f'],
} as const;

/** Use by UTC day, drawn, and the same as a table for who cannot see the drawing. */
export default function UsagePlot({ usage }: { readonly usage: UsageOf }) {
  const { say, language } = useWords();
  const figure = useFigure();
  const { isDark } = useTheme();
  const place = useRef<HTMLDivElement>(null);
  const { kind, counters, days } = usage;
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const plot = drawn(element, usage, isDark, language);
    const fit = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    fit.observe(element);
    return () => {
      fit.disconnect();
      plot.destroy();
    };
  }, [usage, isDark, language]);
  return (
    <figure className="plot">
      <figcaption>{say('usage.by-day', { kind, records: figure(usage.records) })}</figcaption>
      <ul className="legend">
        {counters.map((counter, i) => (
          <li key={counter} className={`line-${i % COLOURS.light.length}`}>
            {counter}
          </li>
        ))}
      </ul>
      <div ref={place} aria-hidden="true" />
      <details>
        <summary>{say('usage.as-table')}</summary>
        <DataTable
          caption={say('usage.as-table')}
          rows={days}
          keyOf={day => day.day}
          columns={[
            { heading: say('usage.day'), cell: day => day.day },
            ...counters.map(counter => ({
              heading: counter,
              cell: (day: UsageOf['days'][number]) => figure(day.figures[counter]),
              isNumber: true,
            })),
          ]}
        />
      </details>
    </figure>
  );
}

function drawn(element: HTMLElement, { counters, days }: UsageOf, isDark: boolean, language: string): UPlot {
  const colours = COLOURS[isDark ? 'dark' : 'light'];
  const ink = isDark ? '#a3b2bb' : '#4d5d69';
  const line = isDark ? '#324049' : '#d3dadf';
  const axis = { stroke: ink, grid: { stroke: line }, ticks: { stroke: line } };
  const short = new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en', { notation: 'compact' });
  return new UPlot(
    {
      ...{
        width: element.clientWidth,
        height: HEIGHT_PX,
        tzDate: (s: number) => UPlot.tzDate(new Date(s * 1000), 'UTC'),
      },
      legend: { show: false },
      cursor: { show: false },
      scales: { y: { range: (_plot, _low, high) => [0, high * 1.1 || 1] } },
      axes: [
        {
          ...axis,
          values: (_plot, moments) => moments.map(s => new Date(s * 1000).toISOString().slice(5, 10)),
          incrs: [DAY_S, 7 * DAY_S, 30 * DAY_S],
        },
        { ...axis, size: 64, values: (_plot, values) => values.map(value => short.format(value)) },
      ],
      series: [
        {},
        ...counters.map((counter, i) => ({
          label: counter,
          stroke: colours[i % colours.length],
          width: 2,
          points: { show: true },
        })),
      ],
    },
    [
      days.map(({ day }) => Date.parse(`${day}T00:00:00Z`) / 1000),
      // A counter that no record stated is missing, not zero (C-21).
      ...counters.map(counter => days.map(({ figures }) => figures[counter] ?? null)),
    ],
    element,
  );
}

import type { AnswerView } from '../api/answer-view.ts';
import { layoutWaterfall, type WaterfallRow, type WaterfallTick } from '../details/layout-waterfall.ts';
import { usePage } from './page-context.ts';

/** The steps of an answer on one time axis. It is a table, so that a screen reader gets the figures, not the bars. */
export function WaterfallTable({ record }: { readonly record: AnswerView }) {
  const { words, format } = usePage();
  const { rows, ticks } = layoutWaterfall(record);
  return (
    <table class="waterfall">
      <caption class="sr-only">{words.waterfallCaption}</caption>
      <thead class="sr-only">
        <tr>
          <th scope="col">{words.columns.stage}</th>
          <th scope="col">{words.columns.when}</th>
          <th scope="col">{words.columns.duration}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index} data-stage={row.stage} data-outcome={row.outcome}>
            <th scope="row">{words.stages[row.stage] ?? row.stage}</th>
            <td class="track">
              <Ticks ticks={ticks} />
              {row.outcome !== 'skipped' && <Bar row={row} />}
              <RowWords row={row} firstWordMs={record.timeToFirstTokenMs} />
            </td>
            <td class="time">{row.outcome === 'skipped' ? '–' : format.duration(row.durationMs)}</td>
          </tr>
        ))}
      </tbody>
      <Axis ticks={ticks} />
    </table>
  );
}

const percent = (share: number): string => `${(share * 100).toFixed(3)}%`;

/** Shares become custom properties set from script: style attributes in HTML would break the security policy. */
function Bar({ row: { start, share, waiting } }: { readonly row: WaterfallRow }) {
  return (
    <span class="bar" aria-hidden="true" style={{ '--start': percent(start), '--share': percent(share) }}>
      {waiting !== undefined && <span class="waiting" style={{ '--share': percent(waiting) }} />}
      <span class="working" />
    </span>
  );
}

/** The row in words; an outcome that is not plain success is also seen. */
function RowWords({
  row,
  firstWordMs,
}: {
  readonly row: WaterfallRow;
  readonly firstWordMs: number | undefined;
}) {
  const { words, format } = usePage();
  const { stage, outcome, startMs } = row;
  const firstWord = stage === 'generate' && firstWordMs !== undefined;
  return (
    <>
      <span class="sr-only">
        {words.startsAt(format.duration(startMs))}
        {firstWord && `, ${words.waitsForFirstWord(format.duration(firstWordMs))}`}
        {', '}
      </span>
      <span class={outcome === 'ok' ? 'sr-only' : 'outcome'}>{words.outcomes[outcome]}</span>
    </>
  );
}

/** Drawn in each row, so that short bars can be placed by eye. */
function Ticks({ ticks }: { readonly ticks: readonly WaterfallTick[] }) {
  return (
    <span aria-hidden="true">
      {ticks.map(({ at }) => (
        <span key={at} class="tick" style={{ '--start': percent(at) }} />
      ))}
    </span>
  );
}

/** The times the lines stand for; hidden from screen readers, whose rows have figures of their own. */
function Axis({ ticks }: { readonly ticks: readonly WaterfallTick[] }) {
  const { format } = usePage();
  return (
    <tfoot aria-hidden="true">
      <tr>
        <td />
        <td class="track axis">
          {ticks.map(({ at, timeMs }) => (
            <span key={at} class="tick-label" style={{ '--start': percent(at) }}>
              {timeMs === 0 ? '0' : format.duration(timeMs)}
            </span>
          ))}
        </td>
        <td />
      </tr>
    </tfoot>
  );
}

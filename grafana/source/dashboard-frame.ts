import {
  DashboardBuilder,
  DashboardCursorSync,
  RowBuilder,
  type Dashboard,
  type QueryVariableBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { linksToOthers } from './links.ts';
import type { PanelMaker } from './panels.ts';

/** What a dashboard says: a title, choices at the top, and sections of panels from "is it fine?" down to causes. */
export interface DashboardContent {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly from: string;
  readonly variables: readonly QueryVariableBuilder[];
  readonly sections: readonly Section[];
}

interface Section {
  readonly title: string;
  /** Panels of one line share its width equally and have one height. */
  readonly lines: readonly (readonly PanelMaker[])[];
}

const COLUMNS = 24;
const TAG = 'glassgate';

/** Frames content as every dashboard of Glassgate: the same links, clock, cursor and refresh. */
export function frame(content: DashboardContent): Dashboard {
  const dashboard = new DashboardBuilder(content.title)
    .uid(content.uid)
    .description(content.description)
    .tags([TAG])
    .link(linksToOthers(TAG))
    .time({ from: content.from, to: 'now' })
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .variables([...content.variables])
    .annotations([]);
  let id = 0;
  for (const section of content.sections) {
    dashboard.withRow(new RowBuilder(section.title).id((id += 1)));
    for (const line of section.lines) {
      for (const panel of line) {
        panel.id((id += 1));
        panel.span(columnsOf(line));
        panel.height(heightOf(line));
        dashboard.withPanel(panel);
      }
    }
  }
  return dashboard.build();
}

/** The tallest decides: a shorter neighbour would leave a hole. */
function heightOf(line: readonly PanelMaker[]): number {
  return Math.max(...line.map((panel) => panel.build().gridPos?.h ?? 0));
}

function columnsOf(line: readonly PanelMaker[]): number {
  const columns = COLUMNS / line.length;
  if (!Number.isInteger(columns)) throw new Error(`${line.length} panels do not share a line`);
  return columns;
}

import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type { Panel as BuiltPanel, ThresholdsConfigBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import {
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  PanelBuilder as HeatmapBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { PanelBuilder as LogsBuilder } from '@grafana/grafana-foundation-sdk/logs';
import { DataqueryBuilder as LokiQueryBuilder } from '@grafana/grafana-foundation-sdk/loki';
import {
  DataqueryBuilder as PrometheusQueryBuilder,
  PromQueryFormat,
} from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import {
  DataqueryBuilder as TempoQueryBuilder,
  SearchTableType,
} from '@grafana/grafana-foundation-sdk/tempo';
import { PanelBuilder as GraphBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { exploreLinks, type ExploreQueries } from './links.ts';
import { neutral } from './thresholds.ts';

/** A panel on its way into a dashboard, which decides its number and place. */
export interface PanelMaker extends Builder<BuiltPanel> {
  id(id: number): unknown;
  span(columns: number): unknown;
  height(rows: number): unknown;
}

interface Described {
  readonly title: string;
  /** One sentence: what is shown, and what it means when it changes. */
  readonly description: string;
  readonly explore?: ExploreQueries;
}

interface Measured extends Described {
  /** Unit as Grafana names it. */
  readonly unit: string;
  readonly thresholds?: ThresholdsConfigBuilder;
}

/** PromQL by legend; `{{label}}` in a legend is the label's value. */
type Queries = Readonly<Record<string, string>>;

const PROMETHEUS = { type: 'prometheus', uid: 'prometheus' };
const LOKI = { type: 'loki', uid: 'loki' };
const TEMPO = { type: 'tempo', uid: 'tempo' };
const STAT_HEIGHT = 4;
const GRAPH_HEIGHT = 8;
const LIST_HEIGHT = 10;

/** One number that answers "is it fine?", with its recent course behind it. */
export function number(
  options: Measured & { query: string; noValue?: string; decimals?: number },
): PanelMaker {
  const overRange = options.query.includes('$__range');
  return described(new StatBuilder(), options)
    .datasource(PROMETHEUS)
    .height(STAT_HEIGHT)
    .unit(options.unit)
    .decimals(options.decimals ?? (options.unit === 'short' ? 0 : 2))
    .noValue(options.noValue ?? (options.unit === 'short' ? 'no data' : 'no traffic'))
    .thresholds(options.thresholds ?? neutral())
    .colorMode(BigValueColorMode.Value)
    .graphMode(overRange ? BigValueGraphMode.None : BigValueGraphMode.Area)
    .reduceOptions(lastValue())
    .dataLinks(exploreLinks(options.explore ?? {}))
    .withTarget(prometheusQuery(0, options.query, options.title, { instant: overRange }));
}

/** Lines over time. With `exemplars` the last query also brings the points that open a trace. */
export function graph(
  options: Measured & { queries: Queries; exemplars?: boolean; stacked?: 'sum' | 'share'; bars?: boolean },
): PanelMaker {
  const queries = Object.entries(options.queries);
  const panel = described(new GraphBuilder(), options)
    .datasource(PROMETHEUS)
    .height(GRAPH_HEIGHT)
    .unit(options.unit)
    .min(0)
    .lineWidth(1)
    .showPoints(VisibilityMode.Never)
    .fillOpacity(options.stacked === undefined ? 8 : 40)
    .drawStyle(options.bars === true ? GraphDrawStyle.Bars : GraphDrawStyle.Line)
    .stacking(new StackingConfigBuilder().mode(stackingMode(options.stacked)))
    .legend(legend(queries.length === 1 && !String(queries[0]?.[0]).includes('{{')))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .dataLinks(exploreLinks(options.explore ?? {}))
    .targets(
      queries.map(([name, query], index) =>
        prometheusQuery(index, query, name, {
          exemplar: options.exemplars === true && index === queries.length - 1,
        }),
      ),
    );
  if (options.thresholds === undefined) return panel;
  return panel
    .thresholds(options.thresholds)
    .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
}

/** Bars side by side, one per series: totals of the time range, biggest differences seen at once. */
export function bars(options: Measured & { queries: Queries }): PanelMaker {
  return described(new BarGaugeBuilder(), options)
    .datasource(PROMETHEUS)
    .height(GRAPH_HEIGHT)
    .unit(options.unit)
    .min(0)
    .thresholds(options.thresholds ?? neutral())
    .orientation(VizOrientation.Horizontal)
    .reduceOptions(lastValue())
    .dataLinks(exploreLinks(options.explore ?? {}))
    .targets(
      Object.entries(options.queries).map(([name, query], index) =>
        prometheusQuery(index, query, name, { instant: true }),
      ),
    );
}

/** All durations over time: a second hump shows what quantiles hide. `query` keeps the label `le`. */
export function heatmap(options: Measured & { query: string }): PanelMaker {
  return described(new HeatmapBuilder(), options)
    .datasource(PROMETHEUS)
    .height(GRAPH_HEIGHT)
    .unit(options.unit)
    .color(
      new HeatmapColorOptionsBuilder()
        .mode(HeatmapColorMode.Scheme)
        .scheme('Blues')
        .fill('blue')
        .exponent(0.5)
        .steps(32),
    )
    .yAxis(new YAxisConfigBuilder().unit(options.unit))
    .dataLinks(exploreLinks(options.explore ?? {}))
    .withTarget(
      prometheusQuery(0, options.query, '{{le}}', { exemplar: true }).format(PromQueryFormat.Heatmap),
    );
}

/** Log lines as they are; each opens its trace. */
export function logLines(options: Described & { query: string }): PanelMaker {
  return described(new LogsBuilder(), options)
    .datasource(LOKI)
    .height(LIST_HEIGHT)
    .showTime(true)
    .enableLogDetails(true)
    .wrapLogMessage(true)
    .withTarget(new LokiQueryBuilder().refId('A').datasource(LOKI).expr(options.query).maxLines(200));
}

/** Events counted from logs, over time. `query` is a metric query of LogQL. */
export function logGraph(options: Measured & { query: string; name: string }): PanelMaker {
  return described(new GraphBuilder(), options)
    .datasource(LOKI)
    .height(GRAPH_HEIGHT)
    .unit(options.unit)
    .min(0)
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(60)
    .legend(legend(false))
    .dataLinks(exploreLinks(options.explore ?? {}))
    .withTarget(
      new LokiQueryBuilder().refId('A').datasource(LOKI).expr(options.query).legendFormat(options.name),
    );
}

/** Traces found by TraceQL, newest first; each opens. */
export function traceTable(options: Described & { query: string }): PanelMaker {
  return described(new TableBuilder(), options)
    .datasource(TEMPO)
    .height(LIST_HEIGHT)
    .withTarget(
      new TempoQueryBuilder()
        .refId('A')
        .datasource(TEMPO)
        .queryType('traceql')
        .query(options.query)
        .limit(20)
        .tableType(SearchTableType.Traces)
        .filters([]),
    );
}

function described<Maker extends { title(text: string): Maker; description(text: string): Maker }>(
  maker: Maker,
  { title, description }: Described,
): Maker {
  return maker.title(title).description(description);
}

function prometheusQuery(
  index: number,
  expression: string,
  name: string,
  { instant = false, exemplar = false }: { instant?: boolean; exemplar?: boolean },
): PrometheusQueryBuilder {
  const query = new PrometheusQueryBuilder()
    .refId(String.fromCharCode('A'.charCodeAt(0) + index))
    .datasource(PROMETHEUS)
    .expr(expression)
    .legendFormat(name)
    .exemplar(exemplar);
  return instant ? query.instant() : query.range();
}

function stackingMode(stacked: 'sum' | 'share' | undefined): StackingMode {
  if (stacked === undefined) return StackingMode.None;
  return stacked === 'sum' ? StackingMode.Normal : StackingMode.Percent;
}

function legend(hidden: boolean): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .showLegend(!hidden)
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom);
}

function lastValue(): ReduceDataOptionsBuilder {
  return new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false);
}

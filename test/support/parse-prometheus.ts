/** One family of a Prometheus text: what it says of itself and its samples. */
export interface MetricFamily {
  readonly type: string;
  readonly help: string;
  readonly samples: {
    readonly name: string;
    readonly labels: ReadonlyMap<string, string>;
    readonly value: number;
  }[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|(?=\}))/;
const VALUE = /^ ([+-]?Inf|NaN|[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)(?: -?[0-9]+)?$/;
const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

/** Reads the text format 0.0.4 and throws at the first thing that the format does not allow. */
export function parsePrometheus(text: string): Map<string, MetricFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line must end with a line feed');
  const families = new Map<string, MetricFamily>();
  const seen = new Set<string>();
  let current = '';
  let help: { name: string; text: string } | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    if (kind === 'HELP') help = { name, text: rest };
    else if (kind === 'TYPE') {
      if (families.has(name)) throw new Error(`a second TYPE of ${name}`);
      if (!TYPES.includes(rest)) throw new Error(`no such type: ${line}`);
      if (help?.name !== name) throw new Error(`no HELP before the TYPE of ${name}`);
      families.set((current = name), { type: rest, help: help.text, samples: [] });
    } else if (!line.startsWith('#')) {
      const sample = parseSample(line);
      const family = families.get(current);
      const suffixes = SUFFIXES[family?.type ?? ''] ?? [''];
      if (family === undefined || !suffixes.some((suffix) => sample.name === current + suffix)) {
        throw new Error(`outside of its family: ${line}`);
      }
      const series = line.slice(0, line.lastIndexOf(' '));
      if (seen.has(series)) throw new Error(`twice: ${series}`);
      seen.add(series);
      family.samples.push(sample);
    }
  }
  return families;
}

function parseSample(line: string): MetricFamily['samples'][number] {
  const [name] = NAME.exec(line) ?? [];
  if (name === undefined) throw new Error(`not a sample: ${line}`);
  const labels = new Map<string, string>();
  let rest = line.slice(name.length);
  if (rest.startsWith('{')) {
    rest = rest.slice(1);
    while (!rest.startsWith('}')) {
      const [whole = '', key = '', value = ''] = LABEL.exec(rest) ?? [];
      if (whole === '') throw new Error(`not a label: ${rest}`);
      if (labels.has(key)) throw new Error(`label twice: ${line}`);
      labels.set(key, value);
      rest = rest.slice(whole.length);
    }
    rest = rest.slice(1);
  }
  const [, value] = VALUE.exec(rest) ?? [];
  if (value === undefined) throw new Error(`not a value: ${line}`);
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) };
}

/** The Prometheus text of one process; `text` is missing when the process did not answer. */
export interface MetricsPart {
  /** Who it is, for the comment that says it is left out. */
  readonly source: string;
  readonly text: string | undefined;
}

interface Family {
  readonly headers: Map<string, string>;
  readonly samples: string[];
}

const HEADER = /^# (HELP|TYPE) (\S+)/;

/**
 * One valid page out of several: a family's samples must stand together under one HELP and one TYPE.
 * Samples are not summed: each carries the label of its process.
 */
export function mergeMetrics(parts: readonly MetricsPart[]): string {
  const families = new Map<string, Family>();
  const comments: string[] = [];
  for (const { source, text } of parts) {
    if (text === undefined) comments.push(`# left out: ${source} did not answer in time`);
    else
      for (const conflict of addPart(families, text)) comments.push(`# left out: ${conflict} of ${source}`);
  }
  const lines = [...families.values()].flatMap((family) => [...family.headers.values(), ...family.samples]);
  return [...comments, ...lines, ''].join('\n');
}

/** Adds the families of one text and names those left out because their type differs from what others say. */
function addPart(families: Map<string, Family>, text: string): string[] {
  const conflicts: string[] = [];
  let family: Family | undefined;
  for (const line of text.split('\n')) {
    const [, kind, name] = HEADER.exec(line) ?? [];
    if (kind !== undefined && name !== undefined) {
      const known = familyNamed(families, name);
      const differs = kind === 'TYPE' && known.headers.has('TYPE') && known.headers.get('TYPE') !== line;
      if (differs) conflicts.push(name);
      else if (!known.headers.has(kind)) known.headers.set(kind, line);
      // Until its TYPE proves a conflict the family takes no samples, since HELP and TYPE come before them.
      family = differs ? { headers: new Map(), samples: [] } : known;
    } else if (line !== '' && !line.startsWith('#')) {
      (family ?? familyNamed(families, nameOf(line))).samples.push(line);
    }
  }
  return conflicts;
}

function familyNamed(families: Map<string, Family>, name: string): Family {
  let family = families.get(name);
  if (family === undefined) families.set(name, (family = { headers: new Map(), samples: [] }));
  return family;
}

function nameOf(sample: string): string {
  return sample.split(/[{ ]/, 1)[0] ?? sample;
}

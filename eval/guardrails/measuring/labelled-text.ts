import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const lineSchema = z.object({
  text: z.string(),
  label: z.enum(['injection', 'benign']),
  lang: z.string(),
  source: z.string(),
  /** Kind of an attack; for a harmless text the channel it comes by, or over-defence: words of attacks in honest use. */
  kind: z.enum(['direct', 'indirect', 'jailbreak', 'over-defence']),
});

/** One line of a set. */
export type LabelledLine = z.infer<typeof lineSchema>;

/** All lines of a JSONL file, or of all JSONL files of a folder. */
export function readLabelledLines(path: string): LabelledLine[] {
  const files = path.endsWith('.jsonl') ? [path] : jsonLinesOf(path);
  return files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line, index) => parseLine(line, `${file}:${index + 1}`)),
  );
}

function jsonLinesOf(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  if (names.length === 0) throw new Error(`There is no .jsonl file in ${folder}.`);
  return names.sort().map((name) => join(folder, name));
}

function parseLine(line: string, place: string): LabelledLine {
  try {
    return lineSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new Error(`${place} is not a line of a set: text, label, lang, source, kind.`, { cause });
  }
}

import type { MarkdownSection } from './markdown-blocks.ts';
import { sectionsOf } from './markdown-blocks.ts';
import { gather, splitBlock } from './split-block.ts';

/** A passage before it has an id: its title and its text. */
export interface PassageDraft {
  readonly documentTitle: string;
  /** The headings it stands under, `Chapter › Heading`; empty before the first. */
  readonly heading: string;
  readonly text: string;
}

/** Longest passage that is not one piece of code: long enough for one thought, short enough to quote. */
const LONGEST_PASSAGE = 900;
/** A subsection shorter than this goes on in the passage before it, if both stand under one chapter. */
const SHORTEST_PASSAGE = 300;
/** A lead shorter than this only introduces what follows. */
const SHORTEST_LEAD = 200;

/** Cuts a Markdown document into passages by its headings, of about 300 to 900 characters. */
export function passagesOfMarkdown(markdown: string, fallbackTitle: string): PassageDraft[] {
  const sections = sectionsOf(markdown);
  const documentTitle = sections.find((section) => section.level === 1)?.heading ?? fallbackTitle;
  return joinedShortSections(sections).flatMap(({ chapter, heading, parts }) => {
    const place = joinedTitle([chapter, heading]);
    return withoutLoneLead(gather(parts, LONGEST_PASSAGE, '\n\n')).map((text) => ({
      documentTitle,
      heading: place,
      text,
    }));
  });
}

/** A sentence that introduces a long table is found with its beginning, even if that passage gets a little longer. */
function withoutLoneLead(texts: readonly string[]): string[] {
  const [lead = '', next, ...rest] = texts;
  return next === undefined || lead.length >= SHORTEST_LEAD ? [...texts] : [`${lead}\n\n${next}`, ...rest];
}

/** The names that there are, as a person reads them: `Document title › Chapter › Heading`. */
export function joinedTitle(names: readonly string[]): string {
  return names.filter((name) => name !== '').join(' › ');
}

interface OpenSection {
  /** The heading of level 2 it stands under. */
  readonly chapter: string;
  readonly heading: string;
  readonly parts: string[];
}

function joinedShortSections(sections: readonly MarkdownSection[]): OpenSection[] {
  const joined: OpenSection[] = [];
  let chapter = '';
  for (const section of sections) {
    if (section.level <= 2) chapter = section.level === 2 ? section.heading : '';
    const parts = section.blocks.flatMap((block) => splitBlock(block, LONGEST_PASSAGE));
    if (parts.length === 0) continue;
    const heading = section.level > 2 ? section.heading : '';
    const before = joined.at(-1);
    if (heading !== '' && before !== undefined && before.chapter === chapter && isJoined(before.parts, parts))
      before.parts.push(`${'#'.repeat(section.level)} ${heading}`, ...parts);
    else joined.push({ chapter, heading, parts });
  }
  return joined;
}

function isJoined(before: readonly string[], parts: readonly string[]): boolean {
  const length = lengthOf(parts);
  return length < SHORTEST_PASSAGE && lengthOf(before) + length <= LONGEST_PASSAGE;
}

function lengthOf(parts: readonly string[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

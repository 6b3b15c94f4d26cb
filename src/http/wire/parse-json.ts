import { GatewayError } from '../../errors/gateway-error.ts';

/** Levels of objects and lists in a request; deeper ones exhaust the stack of whoever serialises them again. */
const DEPTH_LIMIT = 64;
const OPEN_BRACKET = /[[{]/g;
/** Escapes that may stand for NUL or half a surrogate pair. */
const SUSPICIOUS_ESCAPE = /\\u(?:0000|[dD][89a-fA-F])/;

/** What may be a number that JavaScript would round: 16 digits and more, or a two-digit exponent. */
const SUSPICIOUS_NUMBER = /\d{16}|\d[eE]\+?\d{2}/;
/** Looking at every number takes several times the parsing, so it is not done for a body of more commas than this. */
const EXACT_LIMIT = 20_000;
const COMMA = /,/g;

/** In Node since 22; TypeScript does not know it yet. */
const { rawJSON } = JSON as unknown as { rawJSON(this: void, text: string): unknown };

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Reads a JSON body: valid UTF-8, bounded nesting, no NUL and no lone surrogates, each fault with its own code. */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  if (hasMore(text, OPEN_BRACKET, DEPTH_LIMIT)) checkDepth(text);
  const value = parse(text);
  if (SUSPICIOUS_ESCAPE.test(text) || text.includes('\0')) checkStrings(value, '');
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new GatewayError('invalid_encoding');
  }
}

function parse(text: string): unknown {
  try {
    const isPlain = !SUSPICIOUS_NUMBER.test(text) || hasMore(text, COMMA, EXACT_LIMIT);
    return isPlain ? JSON.parse(text) : JSON.parse(text, keepExact);
  } catch {
    // The parser's message quotes the body: it stays here.
    throw new GatewayError('invalid_json');
  }
}

/** Whether there are more matches than that; looks no further than it must. */
function hasMore(text: string, pattern: RegExp, count: number): boolean {
  return text.matchAll(pattern).drop(count).next().done !== true;
}

/** A whole number past 2^53 (a `seed`, say) goes on as it was written and not as its neighbour. */
function keepExact(_key: string, value: unknown, context?: { readonly source: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || isFraction(value)) return value;
  return rawJSON(context?.source ?? String(value));
}

function isFraction(value: number): boolean {
  return Number.isFinite(value) && !Number.isInteger(value);
}

function checkDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === '\\') index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > DEPTH_LIMIT) throw new GatewayError('nesting_too_deep');
  }
}

function checkStrings(value: unknown, path: string): void {
  if (typeof value === 'string') {
    if (!value.isWellFormed() || value.includes('\0')) {
      throw new GatewayError('invalid_unicode', path === '' ? {} : { param: path });
    }
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    checkStrings(key, path);
    checkStrings(item, path === '' ? key : `${path}.${key}`);
  }
}

import { literal, type Piece } from './bounded-shape.ts';
import type { ShapeRule, Tail } from './finder.ts';

const WORD = '[A-Za-z0-9_]';
/** Longer than any key or token in use. */
const TAIL_LIMIT = 16_384;
const KEY_TAIL: Tail = { set: '[A-Za-z0-9_\\-]', limit: TAIL_LIMIT };
const TOKEN_TAIL: Tail = { set: '[A-Za-z0-9._~+/=\\-]', limit: TAIL_LIMIT };
/** The body of a key in a block, also inside a quotation or a JSON string, until its last line. */
const BLOCK_TAIL: Tail = {
  set: '[A-Za-z0-9+/=\\s\\\\:,>"\'|_\\-]',
  until: /-----END [A-Z ]{0,20}PRIVATE KEY-----/,
  limit: TAIL_LIMIT,
};

function key(prefix: readonly Piece[], length: number, set = '[A-Za-z0-9_\\-]'): ShapeRule {
  return {
    rule: 'redact-api-key',
    replacement: '[redacted:api-key]',
    pieces: [...prefix, [set, length, length]],
    notAfter: WORD,
    tail: KEY_TAIL,
  };
}

function token(beginning: string): ShapeRule {
  return {
    rule: 'redact-token',
    replacement: '[redacted:token]',
    pieces: [...literal(beginning), ['[A-Za-z0-9._\\-]', 12, 12]],
    notAfter: WORD,
    tail: TOKEN_TAIL,
  };
}

/**
 * Secrets with an unmistakable shape. As many characters are asked for as make it certain; what follows of the same kind
 * goes with them, so a key of any length waits no longer than a short one.
 */
export const SECRET_RULES: readonly ShapeRule[] = [
  {
    rule: 'redact-gateway-key',
    replacement: '[redacted:gateway-key]',
    pieces: [...literal('gg_'), ['[A-Za-z0-9]', 10, 10], ...literal('_'), ['[A-Za-z0-9_\\-]', 12, 12]],
    notAfter: WORD,
    tail: KEY_TAIL,
  },
  // Amazon, Alibaba, Tencent, Google.
  key([...literal('A'), ['[KS]', 1, 1], ...literal('IA')], 16, '[A-Z0-9]'),
  key(literal('LTAI'), 12, '[A-Za-z0-9]'),
  key(literal('AKID'), 28, '[A-Za-z0-9]'),
  key(literal('AIza'), 30),
  // OpenAI, Anthropic, DeepSeek, DashScope and others who took up the form; Stripe; Hugging Face; npm.
  key(literal('sk-'), 20),
  key([['[rs]', 1, 1], ...literal('k_'), ['[a-z]', 4, 4], ...literal('_')], 16),
  key(literal('hf_'), 20, '[A-Za-z0-9]'),
  key(literal('npm_'), 20, '[A-Za-z0-9]'),
  // GitHub, GitLab, Slack.
  key([...literal('gh'), ['[pousr]', 1, 1], ...literal('_')], 20, '[A-Za-z0-9]'),
  key(literal('github_pat_'), 20),
  key(literal('glpat-'), 16),
  key([...literal('xox'), ['[abeoprs]', 1, 1], ...literal('-')], 12),
  // A JSON Web Token begins with one of the first fields of its head; what is sent as a bearer token may be anything.
  ...['eyJhbGciOi', 'eyJ0eXAiOi', 'eyJraWQiOi'].map(token),
  {
    ...token(''),
    pieces: [['[Bb]', 1, 1], ...literal('earer'), ['[ ]', 1, 1], ['[A-Za-z0-9._~+/=\\-]', 24, 24]],
  },
  {
    rule: 'redact-private-key',
    replacement: '[redacted:private-key]',
    pieces: [...literal('-----BEGIN '), ['[A-Z ]', 0, 20], ...literal('PRIVATE KEY-----')],
    notAfter: '(?!)',
    tail: BLOCK_TAIL,
  },
];

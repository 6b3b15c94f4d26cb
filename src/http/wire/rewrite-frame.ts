import type { GenerationFrame } from '../../domain/generation.ts';

type Wire = Record<string, unknown>;

/** Fields of a message by the channel they make. */
const FIELDS = [
  ['content', 'content'],
  ['reasoning', 'reasoning'],
  ['reasoning_content', 'reasoning'],
  ['refusal', 'refusal'],
] as const;

/**
 * The bytes of a frame whose text the guard has changed, as the upstream would have sent them. What repeats the model's own
 * words token by token is left out; everything else stays.
 */
export function rewriteFrame({ kind, bytes, deltas }: GenerationFrame): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const answer = JSON.parse(kind === 'whole' ? text : dataOf(text)) as Wire;
  const texts = new Map(deltas.map((delta) => [delta.channel, delta.text]));
  for (const choice of objectsIn(answer['choices'])) rewriteChoice(choice, texts);
  const json = JSON.stringify(answer);
  return Buffer.from(kind === 'whole' ? json : `data: ${json}\n\n`);
}

function rewriteChoice(choice: Wire, texts: ReadonlyMap<string, string>): void {
  const index = typeof choice['index'] === 'number' ? choice['index'] : 0;
  const [message] = objectsIn([choice['delta'] ?? choice['message']]);
  for (const [field, channel] of FIELDS) {
    const text = texts.get(`${channel}${index}`);
    if (message !== undefined && text !== undefined && typeof message[field] === 'string')
      message[field] = text;
  }
  if (choice['logprobs'] !== undefined) choice['logprobs'] = null;
  delete choice['token_ids'];
}

/** The data of an SSE event, which may have several lines of it. */
function dataOf(event: string): string {
  return event
    .split(/\r\n|\r|\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length))
    .join('\n');
}

function objectsIn(value: unknown): Wire[] {
  return Array.isArray(value)
    ? value.filter((item): item is Wire => typeof item === 'object' && item !== null)
    : [];
}

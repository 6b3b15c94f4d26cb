import { z } from 'zod';

/** A verdict is some hundred bytes; more is not read. */
const MAX_REPLY_BYTES = 1 << 16;

const moderations = z.object({ results: z.array(z.object({ flagged: z.boolean() })).min(1) });
const chat = z.object({ choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1) });

/** Reads the verdict of a moderation service; throws when the reply holds none. */
export async function readModerationReply(
  response: Response,
  api: 'moderations' | 'chat',
): Promise<'allow' | 'block'> {
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  }
  const reply: unknown = JSON.parse(await boundedText(response));
  if (api === 'chat') return wordOf(chat.parse(reply).choices[0]!.message.content);
  return moderations.parse(reply).results.some(({ flagged }) => flagged) ? 'block' : 'allow';
}

/** Llama Guard and its like begin with one word; anything else is no verdict. */
function wordOf(content: string): 'allow' | 'block' {
  const word = /^\s*(safe|unsafe)\b/i.exec(content)?.[1]?.toLowerCase();
  if (word === undefined) throw new Error('neither safe nor unsafe');
  return word === 'safe' ? 'allow' : 'block';
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_REPLY_BYTES) throw new Error('reply too long');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

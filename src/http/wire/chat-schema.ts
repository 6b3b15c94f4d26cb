import { z } from 'zod';
import type { ChatMessage, ChatRequest } from '../../domain/chat-request.ts';
import { GatewayError } from '../../errors/gateway-error.ts';

/** More turns than any model's context holds. */
const MESSAGE_LIMIT = 2048;

const contentPart = z.looseObject({ type: z.string(), text: z.string().optional() });
const message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: z.union([z.string(), z.array(contentPart)]).nullish(),
});
const number = (minimum: number, maximum: number) => z.number().min(minimum).max(maximum).nullish();
const count = (maximum: number) => z.number().int().min(1).max(maximum).nullish();

/** Fields the gateway itself knows; all others go through to the upstream untouched. */
const chatSchema = z.looseObject({
  model: z.string().min(1).max(256).optional(),
  messages: z.array(z.unknown()).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: count(16),
  max_tokens: count(10_000_000),
  max_completion_tokens: count(10_000_000),
  temperature: number(0, 2),
  top_p: number(0, 1),
  presence_penalty: number(-2, 2),
  frequency_penalty: number(-2, 2),
  glassgate: z
    .strictObject({ retrieval: z.boolean().optional(), collection: z.string().min(1).max(128).optional() })
    .optional(),
});

/** What a request that leaves something out gets. */
export interface ChatDefaults {
  readonly model: string;
  readonly collection: string;
}

/** Checks a chat request; throws a `GatewayError` naming the first field at fault. */
export function parseChatRequest(body: unknown, defaults: ChatDefaults): ChatRequest {
  const fields = check(chatSchema, body, []);
  if (fields.messages.length > MESSAGE_LIMIT) {
    throw new GatewayError('too_many_messages', {
      param: 'messages',
      message: `At most ${MESSAGE_LIMIT} messages are accepted.`,
    });
  }
  for (const [index, item] of fields.messages.entries()) check(message, item, ['messages', index]);
  // Checked, not converted: what goes on is the caller's own, also keys that a schema would not copy (`__proto__`).
  const messages = fields.messages as ChatMessage[];
  const { glassgate: _, ...untouched } = body as Record<string, unknown>;
  if (!messages.some((item) => item.role === 'user' && hasContent(item.content)))
    throw new GatewayError('no_user_message', { param: 'messages' });
  return {
    model: fields.model ?? defaults.model,
    messages,
    stream: fields.stream === true,
    includeUsage: fields.stream_options?.include_usage === true,
    retrieval: {
      enabled: fields.glassgate?.retrieval ?? true,
      collection: fields.glassgate?.collection ?? defaults.collection,
    },
    body: untouched,
  };
}

/** Text that is not blank, or anything that is not text. */
function hasContent(content: ChatMessage['content']): boolean {
  if (typeof content === 'string') return content.trim() !== '';
  return content?.some(({ type, text }) => type !== 'text' || (text ?? '').trim() !== '') === true;
}

/** Checks a value against a schema; the first fault becomes `invalid_request` with its path as `param`. */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  path: readonly PropertyKey[],
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const param = [...path, ...(issue?.path ?? []), ...unknown].map(String).join('.');
  const detail = unknown.length > 0 ? 'unknown field' : (issue?.message ?? 'invalid');
  throw new GatewayError('invalid_request', {
    ...(param === '' ? {} : { param }),
    message: param === '' ? `The body is not acceptable: ${detail}` : `${param}: ${detail}`,
  });
}

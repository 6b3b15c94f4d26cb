import type { Reply } from './fake-upstream.ts';

/** An upstream whose streams begin at once and end only when told to. */
export interface HeldStreams {
  readonly reply: Reply;
  /** Lets all streams end, those that come later too. */
  release(): void;
}

/** Holds every stream after its first words. */
export function holdStreams(model: string): HeldStreams {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const base = { id: 'chatcmpl-held', object: 'chat.completion.chunk', created: 1795455597, model };
  const event = (content: string, finish: string | null = null) =>
    `data: ${JSON.stringify({
      ...base,
      choices: [{ index: 0, delta: { content }, logprobs: null, finish_reason: finish }],
    })}\n\n`;
  return {
    release,
    reply: async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      response.write(event('The first words of a long answer that is not over yet. '));
      await released;
      response.end(`${event('And its last words.')}${event('', 'stop')}data: [DONE]\n\n`);
    },
  };
}

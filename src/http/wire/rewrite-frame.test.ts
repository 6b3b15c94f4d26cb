import { describe, expect, test } from 'vitest';
import { recordedChunks } from '../../../test/support/recorded-replies.ts';
import type { GenerationFrame } from '../../domain/generation.ts';
import { readStreamFrame, readWholeFrame } from '../../generation/read-frame.ts';
import { rewriteFrame } from './rewrite-frame.ts';

type Choice = Readonly<Record<string, unknown>>;

/** The frame as the guard gives it: each text replaced by what `change` makes of it. */
function edited(
  frame: GenerationFrame,
  change: (text: string) => string = () => '[redacted:token]',
): GenerationFrame {
  const deltas = frame.deltas.map(({ channel, text }) => ({ channel, text: change(text) }));
  return { ...frame, deltas, isEdited: true };
}

function event(choices: readonly Choice[], fields: object = {}): GenerationFrame {
  return readStreamFrame(Buffer.from(`data: ${JSON.stringify({ id: 'x', choices, ...fields })}\n\n`));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

describe('a chunk of a stream', () => {
  test('has the new text and is otherwise as it came', () => {
    const finish = { index: 0, delta: { content: 'secret 水' }, finish_reason: 'stop' };
    const frame = event([finish], { usage: { prompt_tokens: 1, completion_tokens: 2 }, extra: [1.5] });
    expect(textOf(rewriteFrame(edited(frame)))).toBe(
      textOf(frame.bytes).replace('secret 水', '[redacted:token]'),
    );
  });

  test('reads again as what it was made to say', () => {
    for (const chunk of recordedChunks('chat-stream-n2')) {
      const frame = readStreamFrame(Buffer.from(chunk));
      if (frame.deltas.length === 0) continue;
      const changed = edited(frame, (text) => `<${text}>\n"👍"`);
      const again = readStreamFrame(rewriteFrame(changed));
      expect({ ...again, bytes: frame.bytes }).toEqual({ ...frame, deltas: changed.deltas });
    }
  });

  test('does not say the words once more among its log probabilities and token ids', () => {
    const said = { logprobs: { content: [{ token: 'secret' }] }, token_ids: [7] };
    const frame = event([{ index: 0, delta: { content: 'secret' }, ...said }]);
    const text = textOf(rewriteFrame(edited(frame)));
    expect(text).not.toContain('secret');
    expect(JSON.parse(text.slice('data: '.length))).toMatchObject({
      choices: [{ index: 0, delta: { content: '[redacted:token]' }, logprobs: null }],
    });
    expect(text).not.toContain('token_ids');
  });

  test.each(['reasoning', 'reasoning_content', 'refusal'])('has its %s changed, too', (field) => {
    const frame = event([{ index: 1, delta: { [field]: 'secret' } }]);
    expect(textOf(rewriteFrame(edited(frame)))).toContain(`{"${field}":"[redacted:token]"}`);
  });

  test('changes the choice it means and no other, and no call of a tool', () => {
    const tool_calls = [{ index: 0, function: { name: 'go', arguments: '{}' } }];
    const frame = event([
      { index: 0, delta: { content: 'one', tool_calls } },
      { index: 1, delta: { content: 'two' } },
    ]);
    const changed = edited(frame, (text) => (text === 'two' ? 'TWO' : text));
    expect(textOf(rewriteFrame(changed))).toBe(textOf(frame.bytes).replace('two', 'TWO'));
  });

  test('may have come in several lines, with a comment', () => {
    const bytes = Buffer.from(
      ': hello\r\ndata: {"choices":\r\ndata: [{"delta":{"content":"secret"}}]}\r\n\r\n',
    );
    const text = textOf(rewriteFrame(edited(readStreamFrame(bytes))));
    expect(text).toBe('data: {"choices":[{"delta":{"content":"[redacted:token]"}}]}\n\n');
  });
});

test('an answer in one piece', () => {
  const body = { id: 'x', choices: [{ index: 0, message: { role: 'assistant', content: 'secret' } }] };
  const frame = readWholeFrame(Buffer.from(JSON.stringify(body)));
  expect(textOf(rewriteFrame(edited(frame)))).toBe(
    JSON.stringify(body).replace('secret', '[redacted:token]'),
  );
});

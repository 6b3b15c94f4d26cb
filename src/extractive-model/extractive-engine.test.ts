import { describe, expect, it } from 'vitest';
import { createExtractiveEngine } from './extractive-engine.ts';
import type { GeneratedPart, GenerationInput } from './server/engine.ts';

const engine = createExtractiveEngine();
const messages = [{ role: 'user', content: 'hello' }] as const;
const input: GenerationInput = { messages, maxTokens: 1_000, stop: [], temperature: 1, topP: 1 };

async function generate(changes: Partial<GenerationInput> = {}): Promise<GeneratedPart[]> {
  const parts: GeneratedPart[] = [];
  const made = engine.generate({ ...input, ...changes }, new AbortController().signal);
  for await (const part of made) parts.push(part);
  return parts;
}
const textOf = (parts: readonly GeneratedPart[]): string =>
  parts.map((part) => (part.type === 'text-delta' ? part.text : '')).join('');

describe('createExtractiveEngine', () => {
  it('starts, gives many small pieces, and ends', async () => {
    const parts = await generate();
    expect(parts[0]).toEqual({ type: 'start' });
    expect(parts[1]).toEqual({ type: 'text-delta', text: 'The', tokens: 1 });
    expect(parts.at(-1)).toEqual({ type: 'end', finishReason: 'stop' });
    expect(parts.length).toBeGreaterThan(20);
    expect(textOf(parts)).toMatch(/^The handbook has nothing on this\. .* an error code\.$/);
  });

  it('ends at the token limit', async () => {
    const parts = await generate({ maxTokens: 3 });
    expect(textOf(parts)).toBe('The handbook');
    expect(parts.at(-1)).toEqual({ type: 'end', finishReason: 'length' });
  });

  it('ends before the first stop text', async () => {
    const parts = await generate({ stop: ['quote', ' on', 'zeppelin'] });
    expect(textOf(parts)).toBe('The handbook has nothing');
    expect(parts.at(-1)).toEqual({ type: 'end', finishReason: 'stop' });
  });

  it('stops when the caller leaves', async () => {
    const left = new AbortController();
    const parts: GeneratedPart[] = [];
    const reading = async (): Promise<void> => {
      for await (const part of engine.generate(input, left.signal)) {
        parts.push(part);
        if (parts.length === 3) left.abort();
      }
    };
    await expect(reading()).rejects.toThrow('abort');
    expect(parts).toHaveLength(3);
  });

  it('counts what a prompt costs', () => {
    expect(engine.countTokens([])).toBe(0);
    expect(engine.countTokens([{ role: 'user', content: 'hello 你好' }])).toBe(8);
    expect(engine.countTokens([{ role: 'user', content: [{ type: 'text', text: 'hello' }] }])).toBe(6);
  });
});

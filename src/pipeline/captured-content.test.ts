import { expect, test } from 'vitest';
import { capturedMessages } from './captured-content.ts';

test('messages in the shape of the conventions', () => {
  const captured = capturedMessages([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: '水 "quoted"' }] },
    { role: 'assistant', content: null },
  ]);
  expect(JSON.parse(captured)).toEqual([
    { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
    { role: 'user', parts: [{ type: 'text', content: '水 "quoted"' }] },
    { role: 'assistant', parts: [{ type: 'text', content: '' }] },
  ]);
});

test('no image and no field of the caller gets in', () => {
  const captured = capturedMessages([
    {
      role: 'user',
      content: [{ type: 'image_url', image_url: { url: 'data:secret' } }],
      name: 'ann',
      api_key: 'sk',
    },
  ]);
  expect(JSON.parse(captured)).toEqual([{ role: 'user', parts: [{ type: 'text', content: '' }] }]);
});

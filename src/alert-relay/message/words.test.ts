import { expect, test } from 'vitest';
import { parseWebhook } from '../webhook.ts';
import { webhook } from '../../../test/support/relay-process.ts';
import { WORDS } from './words.ts';

function alertWith(annotations: object) {
  const [alert] = parseWebhook(webhook('DiskFilling', { annotations })).alerts;
  if (alert === undefined) throw new Error('no alert');
  return alert;
}

test('what is wrong is said in the language of the message, where the rule has it', () => {
  const both = alertWith({ summary: 'The disk fills', summary_zh: '磁盘将满' });
  expect([WORDS.en.summary(both), WORDS.zh.summary(both)]).toEqual(['The disk fills', '磁盘将满']);
  const one = alertWith({ summary: 'The disk fills' });
  expect(WORDS.zh.summary(one)).toBe('The disk fills');
  expect(WORDS.zh.summary(alertWith({}))).toBe('Summary of DiskFilling');
});

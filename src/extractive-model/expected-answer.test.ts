import { describe, expect, it } from 'vitest';
import { expectedShare } from './expected-answer.ts';

const share = (question: string, text: string, { title = 'T', code = '' } = {}): number =>
  expectedShare(question, { passage: { n: 1, title, text }, position: 0, text, code });

describe('expectedShare', () => {
  it.each([
    ['Which port has the metrics page?', 'They are on port 9464.', 'They are on a port.'],
    ['How long are answers kept?', 'For 90 days.', 'For some days (v1, `a_2`).'],
    ['指标在哪个端口？', '在端口 9464 上。', '在管理端口上。'],
    ['队列默认多大？', '最多 64 个。', '每个进程一个。'],
  ])('%j wants a number', (question, met, missed) => {
    expect(share(question, met)).toBeGreaterThan(share(question, missed));
    expect(share(question, missed)).toBe(1);
  });

  it.each([
    ['Is text in the logs?', 'No: it is not.', 'Now it is.'],
    ['日志里有原文吗？', '没有，只有编号。', '没有编号的日志。'],
  ])('%j wants yes or no', (question, met, missed) => {
    expect(share(question, met)).toBeGreaterThan(share(question, missed));
  });

  it('wants the name of a setting where one is to be changed', () => {
    expect(share('How do I change the queue?', 'Set `APP_QUEUE_SIZE`.')).toBeGreaterThan(1);
    expect(share('怎么修改队列？', '运行：', { code: 'APP_QUEUE_SIZE=3' })).toBeGreaterThan(1);
    expect(share('How do I change the queue?', 'Use a QUEUE.')).toBe(1);
    expect(share('What is the queue?', 'Set `APP_QUEUE_SIZE`.')).toBe(1);
  });

  it('wants a remedy when asked how, or only told what is seen', () => {
    for (const question of ['How do I mend it?', '坏了怎么办？', 'readyz says not ready', '网关坏了']) {
      expect(share(question, 'x', { title: 'Doc › How to mend it' })).toBeGreaterThan(1);
      expect(share(question, 'x', { title: 'Doc › 怎样修好' })).toBeGreaterThan(1);
      expect(share(question, 'x', { title: 'How to › What it means' })).toBe(1);
    }
    expect(share('Why is it broken?', 'x', { title: 'Doc › How to mend it' })).toBe(1);
  });
});

import { describe, expect, it } from 'vitest';
import { questionWords } from './question-words.ts';

describe('questionWords', () => {
  it.each([
    ['Why is the gateway slow?', ['gateway', 'slow']],
    ['What does upstream_stalled mean?', ['upstreamstalled', 'upstream', 'stalled', 'mean']],
    ['Answers got slow this morning. Where do I start?', ['answers', 'slow']],
    ['How do I start the gateway?', ['start', 'gateway']],
    ['昨天晚上网关变慢了', ['网关', '变慢']],
    ['How do I roll back a release?', ['roll back', 'release']],
    ['Can it be rolled back?', ['rolled back']],
    ['网关为什么变慢了？', ['网关', '变慢']],
    ['怎么吊销一个 API 密钥', ['吊销', 'api', '密钥']],
    ['采集器挂了会怎样', ['采集器', '挂了']],
    ['请求和会话', ['请求', '会话']],
    ['慢', ['慢']],
    ['回答很慢怎么排查', ['回答', '慢', '排查']],
    ['为什么我的问题被拦截？', ['问题', '被拦截']],
    ['提示配置被拒绝', ['配置', '被拒绝']],
    ['worker 0 lacks 42 seats', ['worker', 'lacks', '42', 'seats']],
    ['Can I restart without dropping requests?', ['restart', 'without dropping', 'requests']],
    ['什么是这个的', []],
    ['what is it', []],
    ['', []],
  ])('%j → %j', (question, words) => {
    expect(questionWords(question)).toEqual(words);
  });

  it('takes single characters side by side for one word that no dictionary has', () => {
    expect(questionWords('鼗鼙')).toEqual(['鼗鼙']);
  });
});

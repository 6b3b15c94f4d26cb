/** English words that say that something is asked, not what. */
export const ENGLISH_STOP_WORDS: ReadonlySet<string> = new Set(
  `a about am an and any are as at be been being but by can could did do does doing done for from had has have having
  he her here him his how i if in into is it its itself just like may me might mine more most much must my no nor not of
  off on once only or our out over own please shall she should so some such tell than that the their them then there
  these they this those through to too under until up us very was we were what when where which while who whom whose
  why will with without would you your yours s t d ll re ve m happens happen need want get gets got give
  explain describe know mean means`.split(/\s+/),
);

/**
 * Chinese words of the same kind, longest first: they are cut out of a question before it is paired, so that
 * no pair is made across them. Single characters that begin words of this trade (请求, 会话, 就绪) are left alone.
 */
export const CHINESE_STOP_PHRASES: readonly string[] = `
  为什么 是不是 有没有 能不能 可不可以 怎么办 怎么样 什么时候 什么样 多少个 哪一个 是什么 做什么 请问 请告诉 告诉 解释 说明一下
  什么 怎么 怎样 如何 哪些 哪个 哪里 哪儿 多少 多久 是否 可以 能够 应该 需要 我们 我的 你们 他们 它们 自己 一个 一下 一些
  这个 那个 这些 那些 这里 那里 如果 因为 所以 但是 而且 或者 以及 还是 然后 的话 时候 之后 以后 之前 以前 会不会
  已经 正在 没有 不是 就是 要是 我想 我要 知道 意思 帮我 有什么 有哪些
  的 了 吗 呢 吧 啊 呀 我 你 它 他 谁 和 与 或 把 被 是 这 那 哪
`
  .split(/\s+/)
  .filter((phrase) => phrase !== '')
  .sort((left, right) => right.length - left.length);

/** English words that make a sentence of a question, or say when something happened, but not what it is about. */
export const ENGLISH_STOP_WORDS: ReadonlySet<string> = new Set(
  `a about actually after again ago all almost already also although always am an and another any anybody anyone anything
  anyway are around as at away be became because become been before behind being both but by came can cannot come comes
  coming could d did do does doing done down during each either else enough etc even ever every everybody everyone
  everything exactly explain far few for from further gave get gets getting give given gives go goes going gone got had
  happen happened happening happens has have having he her here him his how however i if in instead into is it its itself
  just keep keeps kind know knows known let like likely ll look looking looks lot m make makes many may maybe me
  might mine more most much must my need needed needs never no nobody none nor not nothing now of often oh ok okay on
  once one ones only or other others our ours out over own per perhaps please possible possibly put quite rather re really
  s said same say says see seem seems seen shall she should since so some somebody somehow someone something sometimes
  somewhere still such supposed sure t take takes tell than that the their them themselves then there these they thing
  things think this those though through to today together too took toward tried try trying two under until up upon us
  ve very via want wanted wants was way ways we well went were what whatever when where wherever whether which while who
  whole whom whose why will wish with within without won would yes yet you your yours yourself
  morning afternoon evening night tonight yesterday tomorrow weekend monday tuesday wednesday thursday friday saturday sunday`.split(
    /\s+/,
  ),
);

/** English turns of phrase of the same kind, whose words say something elsewhere. */
export const ENGLISH_STOP_PHRASES = /\bwhere (?:do|should|can|shall) (?:i|we|one) (?:start|begin|look)\b/gi;

/**
 * Chinese words of the same kind, longest first: they are cut out of a question before it is divided into words.
 * Only words that do not begin or end others of this trade; single characters are left to `CHINESE_STOP_CHARACTERS`.
 */
export const CHINESE_STOP_PHRASES: readonly string[] = `
  为什么 是不是 有没有 能不能 可不可以 会不会 要不要 怎么办 怎么样 怎么回事 什么时候 什么样  多少个 哪一个 哪一步 是什么 做什么
  请问 请告诉 告诉 说明一下 什么 怎么 怎样 如何 哪些 哪个 哪里 哪儿 多少 多久 几个 是否 可以 能够 应该 应当 需要 必须 我们 你们 他们
  我的 你的 您的 他的 她的 它们 咱们 自己 别人 有人 大家 一个 一下 一些 一点 一直 一种 这个 那个 这些 那些 这里 那里 这边 那边 这样 那样 如果 因为 所以
  但是 而且 而是 或者 以及 还是 还能 还会 然后 的话 时候 之后 以后 之前 以前 已经 正在 没有 不是 就是 要是 到底 究竟 其实 其他 比如
  关于 对于 根据 按照 我想 我要 想要 希望 知道 提示 帮我 看看 试试 有点 好像 似乎 总是 经常 有时 突然 老是 最近 现在 刚才 今天
  很多 好多 许多 越来越 非常 特别 明明 真的 代表 下来 起来 出来 过来 起作用
  早上 上午 中午 下午 晚上 昨天 昨晚 明天 周末
`
  .split(/\s+/)
  .filter((phrase) => phrase !== '')
  .sort((left, right) => right.length - left.length);

/** Characters that say nothing when they stand as a word of their own. */
export const CHINESE_STOP_CHARACTERS: ReadonlySet<string> = new Set(
  '的了吗呢吧啊呀嘛么我你您他她它谁这那哪几是和与或及跟同在于从到向往对把被让给用以为就都也还又再才很太更最会能要想该得着过地所而但且则若如因只每各个些种次条件台张位里上下中后前时说看做去来有没不别未无',
);

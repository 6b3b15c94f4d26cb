/** So much before and after a match says what it is there for. */
const BEFORE = 72;
const AFTER = 80;

/** Openings of questions and reports about orders to a model, in the sentence the match stands in. */
const ASKS_ABOUT_EN =
  /\b(?:how (?:do|does|can|to|would|could|should|might)|(?:can|could|should|do|did|may|would|will) (?:i|we|he|she|they|people|someone|anyone|users?|attackers?|an? \w{1,12})|why|whether|what (?:does|do|did|happens|would|if)|when (?:people|someone|users?|attackers?|an? \w{1,12})|if (?:someone|people|users?|an attacker|a user)|(?:prevent|stop|detect|block|avoid|against|examples? of|attempts? to|(?:demands|requests|orders|commands|calls) to|tr(?:y|ies|ied|ying) to|tricks?|tell(?:s|ing)? (?:a|the|an) \w{1,12} to|ask(?:s|ing|ed)? (?:a|the|an) \w{1,12} to)|it is (?:safe|ok|fine) to|decided to|forced to|likely to|tend to|people who|never)\b/;
const ASKS_ABOUT_ZH =
  /怎么|怎样|如何|为什么|为何|能否|能不能|是否|会不会|什么叫|防止|防范|避免|检测|识别|拦截|阻止|当有人|如果有人|攻击者|用户(?:让|说|要求|输入)|企图|试图|诱导|诱骗|让模型|让ai|要求模型|例如|比如|诸如/;
const ASKED_AFTER_ZH =
  /^[^。\n]{0,16}?(?:什么意思|什么攻击|怎么办|会怎样|会怎么样|会发生什么|有什么后果|有什么风险|这句话|这类|这种|的攻击|的话术|的例子|的行为)/;
/** Words that name what stands in quotation marks. */
const NAMES_QUOTE =
  /\b(?:phrases?|sentences?|words?|strings?|texts?|prompts?|payloads?|attacks?|examples?|such as|like|called|says?|said|saying|wrote|written|means?|meaning|translat\w{1,6}|titled?|detect\w{0,4}|classif\w{1,9}|injections?|jailbreaks?|novels?|quotes?|quoted|lines?|spell|pronounce|what does|what is)\b|意思|例如|比如|短语|句子|这句|句话|字符串|攻击|注入|翻译|解释|检测|识别|标题|单词|所谓|写着|写道/;

/** Marks that look the same at both ends: open when their number before is odd. */
const EVEN_MARKS = ['"', '`'] as const;
const OPENS = /(?:[「『《]|(?:^|[\s(:])')[^「」『』《》\n]{0,60}$/;
const CLOSES = /^[^「『《\n]{0,80}?(?:[」』》]|'(?:\W|$))/;

/**
 * Whether a match is talked about and not said: it stands in quotation marks with a word that names them, or its sentence
 * asks or reports how such orders work. Such a text is flagged and not blocked; whoever asks about attacks writes it daily.
 */
export function isMentioned(text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(0, start - BEFORE), start);
  const after = text.slice(end, end + AFTER);
  if (isQuoted(before, after) && (NAMES_QUOTE.test(before) || NAMES_QUOTE.test(after))) return true;
  const sentence = before.slice(sentenceStart(before));
  if (ASKS_ABOUT_EN.test(sentence) || ASKS_ABOUT_ZH.test(sentence)) return true;
  return ASKED_AFTER_ZH.test(after);
}

function isQuoted(before: string, after: string): boolean {
  if (OPENS.test(before) && CLOSES.test(after)) return true;
  const line = before.slice(before.lastIndexOf('\n') + 1);
  return EVEN_MARKS.some((mark) => line.split(mark).length % 2 === 0 && after.includes(mark));
}

function sentenceStart(text: string): number {
  return Math.max(...['. ', '! ', '? ', '\n', '。', '!', '?', ';'].map((sign) => text.lastIndexOf(sign) + 1));
}

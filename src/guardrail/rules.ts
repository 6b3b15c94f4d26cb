import { createHash } from 'node:crypto';

/** One reviewed rule: what it catches, in one language, and how risky a match is. */
export interface GuardRule {
  /** Stable id: a metric label and part of the answer record. */
  readonly id: string;
  /** OWASP LLM Top 10 (2026) risk. */
  readonly category: 'LLM01' | 'LLM02' | 'LLM08';
  readonly action: 'flag' | 'block';
  /** Runs on normalised lower-case text; every gap is bounded, so matching is linear. */
  readonly pattern: RegExp;
}

const EARLIER_EN = '(?:previous|prior|above|earlier|preceding|former|original)';
const ORDERS_EN = '(?:instructions?|prompts?|rules?|directions?|guidelines?|commands?)';
const ORDERS_ZH = '(?:指令|指示|提示词?|规则|要求|设定|命令|约束)';

/** Text that tries to take over the model. Applied to questions and to retrieved passages. */
export const INJECTION_RULES: readonly GuardRule[] = [
  {
    id: 'override-instructions-en',
    category: 'LLM01',
    action: 'block',
    pattern: new RegExp(
      `\\b(?:ignore|disregard|forget|override|bypass)\\b.{0,30}\\b(?:all|any|every|your|the|these|those|my)?.{0,12}\\b${EARLIER_EN}\\b.{0,20}\\b${ORDERS_EN}\\b`,
      's',
    ),
  },
  {
    id: 'override-instructions-zh',
    category: 'LLM01',
    action: 'block',
    pattern: new RegExp(
      `(?:忽略|无视|忘记|忘掉|抛开|不要理会|绕过).{0,12}(?:之前|以上|上面|先前|前面|此前|原有|原来|所有).{0,10}${ORDERS_ZH}`,
      's',
    ),
  },
  {
    id: 'reveal-system-prompt-en',
    category: 'LLM08',
    action: 'block',
    pattern: new RegExp(
      `\\b(?:reveal|print|show|output|repeat|leak|display|recite)\\b.{0,30}\\byour\\b.{0,20}\\b(?:system|hidden|secret|initial|original)\\b.{0,12}\\b(?:${ORDERS_EN}|message)\\b`,
      's',
    ),
  },
  {
    id: 'reveal-system-prompt-zh',
    category: 'LLM08',
    action: 'block',
    pattern: new RegExp(
      `(?:输出|打印|显示|泄露|透露|复述|重复|告诉我).{0,10}(?:你的|你).{0,8}(?:系统|隐藏|初始|原始|内部).{0,6}${ORDERS_ZH}`,
      's',
    ),
  },
  {
    id: 'persona-takeover-en',
    category: 'LLM01',
    action: 'block',
    // "Dan" only right after the role: it is a first name, too.
    pattern:
      /\b(?:you are now|from now on,? you(?: are|'re| will be)?|pretend to be|act as)\b(?:(?:\s{1,4}\w{1,20}){0,2}\s{1,4}["']?dan|.{0,40}\b(?:jailbroken|unrestricted|unfiltered|without (?:any )?(?:restrictions|limits|rules|filters)|no longer bound))\b/s,
  },
  {
    id: 'persona-takeover-zh',
    category: 'LLM01',
    action: 'block',
    pattern:
      /(?:你现在是|从现在开始你?|假装你?是|扮演).{0,20}(?:没有(?:任何)?限制|不受.{0,6}(?:限制|约束)|无限制|越狱)/s,
  },
  {
    id: 'boundary-forgery',
    category: 'LLM01',
    action: 'block',
    pattern: /\[(?:end of )?passages [0-9a-f]{8,}\]|<\|(?:im_start|im_end|system|eot_id|start_header_id)\|>/,
  },
];

/** A text that must not leave: `whole` finds it, `partial` says whether the end of a text may become one. */
export interface LeakRule {
  readonly id: string;
  readonly category: 'LLM02';
  readonly whole: RegExp;
  readonly partial: RegExp;
}

/** Credentials with an unmistakable shape. `partial` covers every proper prefix of a match (tested for each position). */
export const LEAK_RULES: readonly LeakRule[] = [
  {
    id: 'leak-aws-access-key',
    category: 'LLM02',
    whole: /(?<![A-Z0-9])AKIA[A-Z0-9]{16}/,
    partial: /(?<![A-Z0-9])(?:A|AK|AKI|AKIA[A-Z0-9]{0,15})$/,
  },
  {
    id: 'leak-gateway-key',
    category: 'LLM02',
    whole: /(?<![A-Za-z0-9_])gg_[A-Za-z0-9]{10}_[A-Za-z0-9_-]{32}/,
    partial: /(?<![A-Za-z0-9_])(?:g|gg|gg_[A-Za-z0-9]{0,10}|gg_[A-Za-z0-9]{10}_[A-Za-z0-9_-]{0,31})$/,
  },
  {
    id: 'leak-private-key',
    category: 'LLM02',
    whole: /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----/,
    partial: /-{1,5}(?:B(?:E(?:G(?:I(?:N(?: [A-Z ]{0,32}-{0,4})?)?)?)?)?)?$/,
  },
];

/** Id of the rule that a per-request boundary marker in an answer breaks: the prompt has leaked. */
export const MARKER_RULE_ID = 'leak-prompt-marker';

/** Version of all rules, kept with every answer. Changes by itself when a rule changes. */
export const GUARD_VERSION = createHash('sha256')
  .update(
    [...INJECTION_RULES, ...LEAK_RULES]
      .map((rule) => `${rule.id}${'pattern' in rule ? rule.pattern.source : rule.whole.source}`)
      .join(),
  )
  .digest('hex')
  .slice(0, 8);

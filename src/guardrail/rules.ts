import { createHash } from 'node:crypto';
import MODEL from './classifier/model.json' with { type: 'json' };
import { DISCLOSURE_RULES } from './rules/disclosure.ts';
import { DOCUMENT_RULES } from './rules/documents.ts';
import { OBEDIENCE_RULES } from './rules/obedience.ts';
import { OVERRIDE_RULES } from './rules/override.ts';
import { PERSONA_RULES } from './rules/persona.ts';
import type { GuardRule } from './rules/rule.ts';
import { TURN_RULES } from './rules/turns.ts';

/** Text that tries to take over the model, in the order in which a rule wins. Applied to questions and to passages. */
export const INJECTION_RULES: readonly GuardRule[] = [
  ...OVERRIDE_RULES,
  ...DISCLOSURE_RULES,
  ...PERSONA_RULES,
  ...TURN_RULES,
  ...DOCUMENT_RULES,
  ...OBEDIENCE_RULES,
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

/** Ids of verdicts by the classifier, by the language it was judged in. */
export const CLASSIFIER_RULE_IDS = { en: 'classifier-en', zh: 'classifier-zh' } as const;

/** Id of the verdict on a text that is too long, or decodes to too much, to be read whole. */
export const UNREAD_RULE_ID = 'unread-text';

/** Id of the verdict on a passage that the guard failed on. */
export const FAILED_RULE_ID = 'guard-failed';

/** Id of the rule that a per-request boundary marker in an answer breaks: the prompt has leaked. */
export const MARKER_RULE_ID = 'leak-prompt-marker';

/** Version of all rules and of the classifier, kept with every answer. Changes by itself when one of them does. */
export const GUARD_VERSION = createHash('sha256')
  .update(
    [...INJECTION_RULES, ...LEAK_RULES]
      .map((rule) =>
        'pattern' in rule
          ? `${rule.id}${rule.action}${rule.pattern.source}`
          : `${rule.id}${rule.whole.source}`,
      )
      .join(),
  )
  // Thresholds, and the hash of the weights.
  .update(JSON.stringify(MODEL))
  .digest('hex')
  .slice(0, 8);

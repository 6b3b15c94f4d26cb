import { createHash } from 'node:crypto';
import MODEL from './classifier/model.json' with { type: 'json' };
import { PERSONAL_RULES } from './output/personal-rules.ts';
import { SECRET_RULES } from './output/secret-rules.ts';
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

/** Ids of verdicts by the classifier, by the language it was judged in. */
export const CLASSIFIER_RULE_IDS = { en: 'classifier-en', zh: 'classifier-zh' } as const;

/** Id of the verdict on a text that is too long, or decodes to too much, to be read whole. */
export const UNREAD_RULE_ID = 'unread-text';

/** Id of the verdict on a passage that the guard failed on. */
export const FAILED_RULE_ID = 'guard-failed';

/** Id of the rule that a random code of this request's prompt in an answer breaks: the prompt has leaked. */
export const MARKER_RULE_ID = 'leak-prompt-marker';

/** Id of the rule that the prompt's instructions in an answer break. */
export const INSTRUCTIONS_RULE_ID = 'leak-prompt-text';

/** Id of the rule that makes links and images to hosts off the list harmless. */
export const LINK_RULE_ID = 'defang-link';

/** Ids of all verdicts on answers. */
export const OUTPUT_RULE_IDS: readonly string[] = [
  ...new Set([...SECRET_RULES, ...PERSONAL_RULES].map(({ rule }) => rule)),
  LINK_RULE_ID,
  MARKER_RULE_ID,
  INSTRUCTIONS_RULE_ID,
];

/** Version of all rules and of the classifier, kept with every answer. Changes by itself when one of them does. */
export const GUARD_VERSION = createHash('sha256')
  .update(INJECTION_RULES.map(({ id, action, pattern }) => `${id}${action}${pattern.source}`).join())
  .update(JSON.stringify([SECRET_RULES, PERSONAL_RULES]))
  // Thresholds, and the hash of the weights.
  .update(JSON.stringify(MODEL))
  .digest('hex')
  .slice(0, 8);

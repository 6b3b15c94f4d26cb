/** Risks of the OWASP Top 10 for LLM applications, 2026 edition, that a text rule can speak to; each with its 2025 number. */
export const RISKS = {
  LLM01: { name: 'Prompt Injection', in2025: 'LLM01' },
  LLM02: { name: 'Sensitive Information Disclosure', in2025: 'LLM02' },
  LLM03: { name: 'Excessive Agency', in2025: 'LLM06' },
  LLM06: { name: 'Unbounded Consumption', in2025: 'LLM10' },
  LLM08: { name: 'Hidden Context Exposure', in2025: 'LLM07' },
} as const;

/** One reviewed rule: what it catches, in one language, and how risky a match is. */
export interface GuardRule {
  /** Stable id: a metric label and part of the answer record. */
  readonly id: string;
  readonly language: 'en' | 'zh' | 'any';
  /** What it catches, in one sentence. */
  readonly catches: string;
  readonly category: keyof typeof RISKS;
  /** `flag` where honest texts say the same often enough that stopping them would be wrong. */
  readonly action: 'flag' | 'block';
  /** Read on folded lower-case text. No repetition without a bound, so the work per character is bounded, too. */
  readonly pattern: RegExp;
  /** Texts it must find, and near ones that no rule may block. */
  readonly examples: { readonly caught: readonly string[]; readonly allowed: readonly string[] };
}

/** A pattern over several lines; made from raw text so that vocabularies can be put in. */
export function oneOf(...alternatives: readonly string[]): RegExp {
  return new RegExp(alternatives.join('|'), 's');
}

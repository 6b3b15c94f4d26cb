/** Where a guard stands on the path. */
export type GuardStage = 'input' | 'context' | 'output';

/** What a guard judges: what a caller says, or a piece of a document. */
export type GuardChannel = 'question' | 'passage';

/** How a text was read when something was found in it: as it stands, without its disguise, or decoded. */
export type ViewKind =
  | 'plain'
  | 'folded'
  | 'hidden'
  | 'base64'
  | 'hex'
  | 'url'
  | 'html'
  | 'escapes'
  | 'rot13'
  | 'reversed'
  | 'leet'
  | 'spaced';

/** How a guard is used: what it decides is done, only told, or not asked for. */
export type GuardMode = 'enforce' | 'shadow' | 'off';

/** A range of the judged text, in UTF-16 units; the end is not part of it. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** What a guard decided. Everything but `span` explains it without the user's words; none of it holds them. */
export type Verdict =
  | { readonly action: 'allow' }
  | {
      readonly action: 'flag' | 'block';
      /** Id of the rule, or of the classifier's language, that decided: from a closed list. */
      readonly rule: string;
      /** Low-cardinality category of the rule: a risk of the OWASP LLM Top 10 (2026). */
      readonly category: string;
      /** How the text was read when it was found. */
      readonly view?: ViewKind;
      /** The classifier's score, 0 to 1 with two digits, when the classifier decided. */
      readonly score?: number;
      /** Where in the judged text; for the page, never for telemetry. */
      readonly span?: TextSpan;
      /** The text was too long, or decoded to too much, to be read whole. */
      readonly truncated?: true;
      /** The guard only watches: nothing was done about it. */
      readonly shadow?: true;
    };

/** A verdict that ends what it is about. */
export type BlockVerdict = Exclude<Verdict, { action: 'allow' }> & { readonly action: 'block' };

/** Whether a verdict is to be acted upon: one of a guard that only watches is not. */
export function isBlocking(verdict: Verdict | undefined): verdict is BlockVerdict {
  return verdict?.action === 'block' && verdict.shadow !== true;
}

/** The verdict as a guard that only watches gives it. */
export function inShadow(verdict: Verdict): Verdict {
  return verdict.action === 'allow' ? verdict : { ...verdict, shadow: true };
}

/** The verdict on one retrieved passage. */
export interface PassageVerdict {
  readonly passageId: string;
  readonly verdict: Verdict;
}

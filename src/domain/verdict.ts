/** Where a guard stands on the path. */
export type GuardStage = 'input' | 'context' | 'output';

/** What a guard decided. `rule` and `reason` explain it without the user's words. */
export type Verdict =
  | { readonly action: 'allow' }
  | {
      readonly action: 'flag' | 'block';
      /** Id of the rule that decided, from the closed list in `guardrail/rules.ts`. */
      readonly rule: string;
      /** Low-cardinality category of the rule. */
      readonly category: string;
    };

/** The verdict on one retrieved passage. */
export interface PassageVerdict {
  readonly passageId: string;
  readonly verdict: Verdict;
}

/** What of a prompt must not come back in its answer. */
export interface HiddenText {
  /** Random codes of this request. */
  readonly codes: readonly string[];
  /** The gateway's own instructions. */
  readonly instructions: string;
}

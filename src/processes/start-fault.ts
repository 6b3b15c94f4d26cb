/** Why the gateway does not start, in words for whoever started it; no stack is worth reading. */
export class StartFault extends Error {
  override readonly name = 'StartFault';
  /** What the process exits with: 78 (`EX_CONFIG`) when the settings have to change, 1 otherwise. */
  readonly exitCode: 1 | 78;

  constructor(message: string, exitCode: 1 | 78) {
    super(message);
    this.exitCode = exitCode;
  }
}

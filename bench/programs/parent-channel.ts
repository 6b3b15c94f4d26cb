/** A message from the bench to one of its programs, and the program's answer. */
export interface ProgramRequest {
  readonly id: number;
  readonly command: unknown;
}

/** A program's answer to one request, or the error it met. */
export type ProgramReply =
  { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: string };

/** Answers the bench's commands one after another; the program ends when the bench does. */
export function answerParent(handle: (command: unknown) => unknown): void {
  process.on('message', (request: ProgramRequest) => {
    void replyTo(request, handle);
  });
  process.on('disconnect', () => process.exit(0));
}

/** Tells the bench that the program is up, and on which port if it listens on one. */
export function announceReady(port = 0): void {
  process.send?.({ port });
}

async function replyTo(
  { id, command }: ProgramRequest,
  handle: (command: unknown) => unknown,
): Promise<void> {
  try {
    process.send?.({ id, value: await handle(command) });
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? error.message : String(error) });
  }
}

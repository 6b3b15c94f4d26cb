/** A command was called in a way it does not know; ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A command's body and its help text. */
export interface Command {
  readonly usage: string;
  readonly run: (args: string[]) => void | Promise<void>;
}

/** Runs a command line: exit code 0 when done, 1 when it failed, 2 when it was called wrongly; never a stack. */
export async function runCommand({ usage, run }: Command, args = process.argv.slice(2)): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  try {
    await run(args);
  } catch (error) {
    const isUsage = error instanceof UsageError || isParseArgsError(error);
    process.stderr.write(`${messageOf(error)}\n${isUsage ? `\n${usage}\n` : ''}`);
    process.exitCode = isUsage ? 2 : 1;
  }
}

/** What `parseArgs` of Node throws for an unknown option or a missing value. */
function isParseArgsError(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('ERR_PARSE_ARGS')
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

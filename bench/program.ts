import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { pinned } from './pinning.ts';
import type { ProgramReply } from './programs/parent-channel.ts';

/** A program of the bench in a process of its own. */
export interface Program {
  readonly pid: number;
  /** Where it listens; 0 for one that does not. */
  readonly port: number;
  /** Sends one command and waits for its result. */
  ask(command: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

/** How a program is started. */
export interface ProgramOptions {
  readonly place: 'measured' | 'around';
  readonly arguments?: readonly string[];
}

/** Starts `bench/programs/NAME.ts` and waits until it is ready. */
export async function startProgram(name: string, options: ProgramOptions): Promise<Program> {
  const [command = '', ...prefix] = pinned([process.execPath], options.place);
  const child = fork(join(import.meta.dirname, `programs/${name}.ts`), options.arguments ?? [], {
    execPath: command,
    execArgv: prefix,
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { port } = (await firstMessage(child, name)) as { port: number };
  return {
    pid: child.pid ?? 0,
    port,
    ask: createAsk(child, name),
    async stop() {
      child.kill();
      await exited;
    },
  };
}

function firstMessage(child: ChildProcess, name: string): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  child.once('message', resolve);
  child.once('exit', (code) => reject(new Error(`${name} ended with code ${code} before it was ready`)));
  return promise;
}

function createAsk(child: ChildProcess, name: string): Program['ask'] {
  let lastId = 0;
  const pending = new Map<number, PromiseWithResolvers<unknown>>();
  child.on('message', (reply: ProgramReply) => {
    const call = pending.get(reply.id);
    pending.delete(reply.id);
    if ('error' in reply) call?.reject(new Error(`${name}: ${reply.error}`));
    else call?.resolve(reply.value);
  });
  child.on('exit', () => {
    for (const call of pending.values()) call.reject(new Error(`${name} ended while it was asked`));
    pending.clear();
  });
  return (command) => {
    const call = Promise.withResolvers<unknown>();
    lastId += 1;
    pending.set(lastId, call);
    child.send({ id: lastId, command });
    return call.promise;
  };
}

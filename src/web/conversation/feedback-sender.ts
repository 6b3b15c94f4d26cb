import type { FeedbackView } from '../api/answer-view.ts';

/** What a sender needs to know and whom to tell. */
export interface FeedbackSenderOptions {
  readonly send: (turnId: string, feedback: FeedbackView) => Promise<FeedbackView>;
  /** `settled`: nothing newer is waiting to be sent, so what was stored is what is shown. */
  readonly onStored: (turnId: string, feedback: FeedbackView, settled: boolean) => void;
  readonly onRefused: (turnId: string, thrown: unknown) => void;
}

/**
 * Sends ratings one at a time per turn, so that two quick presses cannot arrive in the wrong order.
 * A press while one is on its way replaces what waits; a refusal is told only when nothing newer waits.
 */
export function createFeedbackSender({ send, onStored, onRefused }: FeedbackSenderOptions) {
  const wanted = new Map<string, FeedbackView>();
  const sending = new Set<string>();

  async function run(turnId: string): Promise<void> {
    sending.add(turnId);
    for (let feedback = take(turnId); feedback !== undefined; feedback = take(turnId)) {
      await attempt(turnId, feedback);
    }
    sending.delete(turnId);
  }

  async function attempt(turnId: string, feedback: FeedbackView): Promise<void> {
    try {
      const stored = await send(turnId, feedback);
      onStored(turnId, stored, !wanted.has(turnId));
    } catch (thrown) {
      if (!wanted.has(turnId)) onRefused(turnId, thrown);
    }
  }

  function take(turnId: string): FeedbackView | undefined {
    const feedback = wanted.get(turnId);
    wanted.delete(turnId);
    return feedback;
  }

  /** Resolves when nothing of this turn is on its way any more. */
  return async function sendFeedback(turnId: string, feedback: FeedbackView): Promise<void> {
    wanted.set(turnId, feedback);
    if (!sending.has(turnId)) await run(turnId);
  };
}

import { z } from 'zod';
import type { Secret } from '../config/secret.ts';
import { signedUrl } from './dingtalk-signature.ts';
import type { DingTalkMessage } from './message/compose-message.ts';

/** What became of one try; a code is DingTalk's `errcode` or the HTTP status, never its text. */
export type SendResult =
  | { readonly outcome: 'sent' | 'too_fast' | 'too_long' }
  | { readonly outcome: 'permanent'; readonly code: number }
  /** `code` when DingTalk itself said no, absent when its answer did not come or is no answer of a robot. */
  | { readonly outcome: 'failed'; readonly reason: FailureReason; readonly code?: number };

/** Why a try failed that another may mend. */
export type FailureReason = 'unreachable' | 'timeout' | 'bad_reply' | 'refused';

/** Sends one message to the robot. */
export type SendMessage = (message: DingTalkMessage, ending: AbortSignal) => Promise<SendResult>;

/** Where the robot is. */
export interface DingTalkOptions {
  readonly url: Secret;
  readonly secret: Secret | undefined;
  readonly timeoutMs: number;
  readonly now: () => number;
}

/** More than 20 messages in a minute; newer servers use other numbers for the same. */
const TOO_FAST = new Set([130_101, 410_100, 660_026]);
const TOO_LONG = new Set([460_101, 101_002]);
/** 310000: signature, keyword, time or address; 300001: access token. Only somebody who changes a setting can mend these. */
const PERMANENT = new Set([310_000, 300_001]);
/** A busy system. */
const BUSY = -1;
const REPLY_LIMIT_BYTES = 65_536;

const replySchema = z.object({ errcode: z.number().int() });

/** A client of one robot. HTTP 200 does not mean sent: the number in the body does, its text is in any language. */
export function createDingTalkClient({ url, secret, timeoutMs, now }: DingTalkOptions): SendMessage {
  return async function sendMessage(message, ending) {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(signedUrl(url.expose(), secret?.expose(), now()), {
        method: 'POST',
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify(message),
        // A redirect would take the access token to somebody else.
        redirect: 'manual',
        signal: AbortSignal.any([timeout, ending]),
      });
      return interpret(response.status, await readReply(response));
    } catch {
      // What was thrown may quote the URL, which holds the token.
      return { outcome: 'failed', reason: timeout.aborted ? 'timeout' : 'unreachable' };
    }
  };
}

function interpret(status: number, text: string): SendResult {
  if (status === 429) return { outcome: 'too_fast' };
  if (status !== 200)
    return { outcome: 'failed', reason: status < 500 ? 'refused' : 'bad_reply', code: status };
  const code = errorCodeOf(text);
  if (code === undefined) return { outcome: 'failed', reason: 'bad_reply' };
  if (code === 0) return { outcome: 'sent' };
  if (TOO_FAST.has(code)) return { outcome: 'too_fast' };
  if (TOO_LONG.has(code)) return { outcome: 'too_long' };
  if (PERMANENT.has(code)) return { outcome: 'permanent', code };
  return { outcome: 'failed', reason: code === BUSY ? 'bad_reply' : 'refused', code };
}

function errorCodeOf(text: string): number | undefined {
  try {
    return replySchema.safeParse(JSON.parse(text)).data?.errcode;
  } catch {
    return undefined;
  }
}

async function readReply(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > REPLY_LIMIT_BYTES) break;
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

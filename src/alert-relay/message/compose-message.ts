import { worstSeverity, type Notification } from '../notification.ts';
import { cutToBytes } from './cut-text.ts';
import { digestMessage } from './digest-message.ts';
import { groupMessage, type MessageStyle } from './group-message.ts';

/** Who is mentioned when something urgent fires. */
export interface Mentions {
  readonly mobiles: readonly string[];
  readonly all: boolean;
}

/** The body DingTalk's robot takes. */
export interface DingTalkMessage {
  readonly msgtype: 'markdown';
  readonly markdown: { readonly title: string; readonly text: string };
  readonly at: { readonly atMobiles: readonly string[]; readonly isAtAll: boolean };
}

/** Everything about messages that is set once. */
export interface ComposeOptions extends MessageStyle {
  readonly mentions: Mentions;
}

/** What a robot takes is 20,000 bytes; the rest of the body stays far below the difference. */
export const TEXT_LIMIT_BYTES = 18_500;
const TITLE_BYTES = 200;
const INVISIBLE = /[\p{Cc}\p{Cf}]+/gu;
const NOBODY: Mentions = { mobiles: [], all: false };

/** One message for one group, or a digest of several. */
export function composeMessage(
  groups: readonly [Notification, ...Notification[]],
  options: ComposeOptions,
  { limitBytes, now }: { readonly limitBytes: number; readonly now: number },
): DingTalkMessage {
  const [group, ...more] = groups;
  const isUrgent = groups.some(
    ({ alerts }) => worstSeverity(alerts.filter(({ firing }) => firing)) === 'page',
  );
  const { mobiles, all } = isUrgent ? options.mentions : NOBODY;
  // A mention counts only when the text holds it, too.
  const mentioned = [...mobiles.map((mobile) => `@${mobile}`), ...(all ? ['@all'] : [])].join(' ');
  const room = limitBytes - Buffer.byteLength(mentioned) - (mentioned === '' ? 0 : 4);
  const message =
    more.length === 0
      ? groupMessage(group, options, { limitBytes: room, now })
      : digestMessage(groups, options, room);
  return {
    msgtype: 'markdown',
    markdown: {
      title: cutToBytes(message.title.replace(INVISIBLE, ' '), TITLE_BYTES),
      text: mentioned === '' ? message.text : `${message.text}\n\n${mentioned}`,
    },
    at: { atMobiles: mobiles, isAtAll: all },
  };
}

/** Metrics of the alert relay, which is a process of its own; part of `METRICS`. */
export const RELAY_METRICS = {
  'glassgate.relay.webhooks': {
    kind: 'counter',
    unit: '{webhook}',
    description: 'Webhooks that reached the alert relay, by what became of them.',
    labels: {
      'glassgate.relay.webhook': [
        'accepted',
        'duplicate',
        'unauthorized',
        'malformed',
        'queue_full',
        'degraded',
        'failed',
      ],
    },
  },
  'glassgate.relay.messages': {
    kind: 'counter',
    unit: '{message}',
    description: 'Messages handed to DingTalk, tries counted one by one, by what its reply said.',
    labels: { 'glassgate.relay.outcome': ['sent', 'too_fast', 'too_long', 'failed', 'permanent'] },
  },
  'glassgate.relay.dropped': {
    kind: 'counter',
    unit: '{webhook}',
    description: 'Accepted webhooks that never reached DingTalk, by reason.',
    labels: { 'glassgate.reason': ['permanent', 'refused', 'too_long', 'expired'] },
  },
  'glassgate.relay.queued': {
    kind: 'observed',
    unit: '{webhook}',
    description: 'Accepted webhooks that wait to be sent.',
    labels: {},
  },
  'glassgate.relay.oldest_age': {
    kind: 'observed',
    unit: 's',
    description: 'Age of the webhook that has waited longest; 0 when none waits.',
    labels: {},
  },
  'glassgate.relay.degraded': {
    kind: 'observed',
    unit: '1',
    description: '1 from a reply that no retry can mend until DingTalk takes a message again.',
    labels: {},
  },
} as const;

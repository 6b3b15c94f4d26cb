const GUARD_STAGES = ['input', 'context', 'output'] as const;

/** What the guards count. Part of the vocabulary. */
export const GUARD_METRICS = {
  'glassgate.guardrail.verdicts': {
    kind: 'counter',
    unit: '{verdict}',
    description: 'Decisions of the guards; `none` is the rule of an allowed text.',
    labels: {
      'glassgate.guardrail.stage': GUARD_STAGES,
      // `shadow`: a block by a guard that only watches.
      'glassgate.guardrail.action': ['allow', 'flag', 'block', 'shadow'],
      'glassgate.guardrail.rule': 'open',
      'glassgate.language': ['en', 'zh', 'other'],
    },
  },
  'glassgate.guardrail.truncated': {
    kind: 'counter',
    unit: '{text}',
    description: 'Texts that a guard did not read whole, because they are too long or decode to too much.',
    labels: { 'glassgate.guardrail.stage': GUARD_STAGES },
  },
  'glassgate.guardrail.failures': {
    kind: 'counter',
    unit: '{failure}',
    description: 'Texts that a guard failed to judge because of a fault of its own.',
    labels: { 'glassgate.guardrail.stage': GUARD_STAGES },
  },
  'glassgate.guardrail.moderations': {
    kind: 'counter',
    unit: '{call}',
    description:
      'Questions for the moderation service, by how each ended; `open`: not asked, its breaker is open.',
    labels: { 'glassgate.guardrail.moderation': ['allow', 'block', 'timeout', 'failed', 'open', 'aborted'] },
  },
  'glassgate.guardrail.disagreements': {
    kind: 'counter',
    unit: '{verdict}',
    description:
      'Questions that either the moderation service or our own guard would stop, and the other not.',
    labels: { 'glassgate.guardrail.stopped_by': ['moderation', 'gateway'] },
  },
} as const;

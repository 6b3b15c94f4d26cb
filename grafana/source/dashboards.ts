import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { feedback } from './feedback.ts';
import { guardrails } from './guardrails.ts';
import { service } from './service.ts';
import { slo } from './slo.ts';
import { stages } from './stages.ts';
import { telemetry } from './telemetry.ts';
import { vllm } from './vllm.ts';

/** Every dashboard, in the order in which they are needed. */
export const DASHBOARDS: readonly Dashboard[] = [service, stages, guardrails, vllm, feedback, telemetry, slo];

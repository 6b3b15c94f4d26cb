import type { Alert, Severity } from '../notification.ts';

/** What messages say besides the alert's own text. */
export interface Words {
  /** What is wrong, as the rule says it in this language; empty when it says nothing. */
  readonly summary: (alert: Alert) => string;
  readonly severity: Readonly<Record<Severity, string>>;
  readonly firing: string;
  readonly resolved: string;
  readonly since: string;
  readonly until: string;
  readonly details: string;
  readonly labels: string;
  readonly dashboard: string;
  readonly runbook: string;
  readonly query: string;
  readonly silence: string;
  readonly digest: string;
  readonly alerts: (count: number) => string;
  readonly groups: (count: number) => string;
  readonly rest: (count: number) => string;
  readonly duration: (minutes: number) => string;
}

const CHINESE: Words = {
  summary: ({ summary, summaryZh }) => summaryZh ?? summary,
  severity: { page: '紧急', ticket: '工单', info: '提示' },
  firing: '告警中',
  resolved: '已恢复',
  since: '开始时间',
  until: '恢复时间',
  details: '情况',
  labels: '标签',
  dashboard: '看板',
  runbook: '处置手册',
  query: '查询',
  silence: '静默',
  digest: '告警汇总',
  alerts: (count) => `${count} 条告警`,
  groups: (count) => `${count} 组`,
  rest: (count) => `…… 还有 ${count} 条告警`,
  duration: (minutes) =>
    minutes < 60 ? `${minutes} 分钟` : `${Math.floor(minutes / 60)} 小时 ${minutes % 60} 分钟`,
};

const ENGLISH: Words = {
  summary: ({ summary }) => summary,
  severity: { page: 'page', ticket: 'ticket', info: 'info' },
  firing: 'firing',
  resolved: 'resolved',
  since: 'Since',
  until: 'Until',
  details: 'Details',
  labels: 'Labels',
  dashboard: 'Dashboard',
  runbook: 'Runbook',
  query: 'Query',
  silence: 'Silence',
  digest: 'Digest of alerts',
  alerts: (count) => `${count} ${count === 1 ? 'alert' : 'alerts'}`,
  groups: (count) => `${count} ${count === 1 ? 'group' : 'groups'}`,
  rest: (count) => `… and ${count} more ${count === 1 ? 'alert' : 'alerts'}`,
  duration: (minutes) =>
    minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`,
};

/** The words of a language. */
export const WORDS: Readonly<Record<'zh' | 'en', Words>> = { zh: CHINESE, en: ENGLISH };

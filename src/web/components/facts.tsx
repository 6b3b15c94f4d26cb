import type { ComponentChildren } from 'preact';
import type { AnswerView } from '../api/answer-view.ts';
import { VerdictChip } from './chip.tsx';
import { MarkedPlace } from './marked-place.tsx';
import { usePage } from './page-context.ts';
import { VerdictReason } from './verdict-reason.tsx';

/** What the guards decided, what was used and which versions made the answer. */
export function Facts({ record }: { readonly record: AnswerView }) {
  const { words, format } = usePage();
  const { usage, overheadMs, versions, model } = record;
  return (
    <dl class="facts">
      <GuardFact record={record} stage="input_guard" label={words.factQuestion} allowed={words.allowed} />
      <PassagesFact record={record} />
      <GuardFact record={record} stage="output_guard" label={words.factAnswer} allowed={words.clean} />
      <Fact label={words.factTokens}>
        {usage && words.tokens(format.number(usage.inputTokens), format.number(usage.outputTokens))}
      </Fact>
      <Fact label={words.factOverhead}>{overheadMs !== undefined && format.duration(overheadMs)}</Fact>
      <Fact label={words.factModel}>{model}</Fact>
      <Fact label={words.factVersions}>{versionList(versions.prompt, versions.guard, versions.corpus)}</Fact>
      <Fact label={words.factGateway}>{versionList(versions.gateway, versions.config)}</Fact>
    </dl>
  );
}

/** A line of the list; nothing to say, no line. */
function Fact({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  if (children === undefined || children === false || children === '') return null;
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A guard that did not run has no verdict to show. */
function GuardFact({ record, stage, label, allowed }: GuardFactProps) {
  const found = record.stages.find((candidate) => candidate.stage === stage);
  const verdict = found?.outcome === 'skipped' ? undefined : found?.verdict;
  if (verdict === undefined) return null;
  return (
    <Fact label={label}>
      <VerdictChip verdict={verdict} allowed={allowed} />
      <VerdictReason verdict={verdict} />
      {stage === 'input_guard' && verdict.span && <MarkedPlace text={record.question} span={verdict.span} />}
    </Fact>
  );
}

interface GuardFactProps {
  readonly record: AnswerView;
  readonly stage: string;
  readonly label: string;
  readonly allowed: string;
}

/** Shown only when passages were looked for: with retrieval switched off, `0 found` would be wrong. */
function PassagesFact({ record }: { readonly record: AnswerView }) {
  const { words } = usePage();
  const asked = record.stages.some(({ stage, outcome }) => stage === 'retrieve' && outcome !== 'skipped');
  if (!asked) return null;
  const found = record.passages.length;
  const used = record.passages.filter(({ n }) => n !== undefined).length;
  return (
    <Fact label={words.factPassages}>
      {words.passagesFound(found, used)}
      {found > used && <span class="chip warn">{words.passagesAside(found - used)}</span>}
    </Fact>
  );
}

/** Hashes are told by their beginning; the whole is in the record. */
function versionList(...versions: readonly (string | undefined)[]): string {
  const known = versions.filter((version) => version !== undefined);
  return known
    .map((version) => (/^[0-9a-f]{12,}$/.test(version) ? version.slice(0, 7) : version))
    .join(' · ');
}

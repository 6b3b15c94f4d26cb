import {
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';

/** Choice of the models that callers asked for. */
export const MODEL = choice('model', 'Model', 'label_values(glassgate_answers_total, gen_ai_request_model)');
/** Choice of gateway processes; each worker is one. */
export const INSTANCE = choice(
  'instance',
  'Gateway process',
  'label_values(http_server_request_duration_seconds_count, instance)',
);
/** Choice of the models that vLLM serves, as vLLM names them. */
export const VLLM_MODEL = choice(
  'vllm_model',
  'Model',
  'label_values(vllm:num_requests_running, model_name)',
);
/** Choice of vLLM replicas. */
export const VLLM_REPLICA = choice(
  'vllm_replica',
  'vLLM replica',
  'label_values(vllm:num_requests_running, instance)',
);

function choice(name: string, label: string, query: string): QueryVariableBuilder {
  return (
    new QueryVariableBuilder(name)
      .label(label)
      .datasource({ type: 'prometheus', uid: 'prometheus' })
      .query(query)
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .sort(VariableSort.AlphabeticalAsc)
      .multi(true)
      .includeAll(true)
      // A series without the label is also part of "all".
      .allValue('.*')
      .current({ selected: true, text: ['All'], value: ['$__all'] })
  );
}

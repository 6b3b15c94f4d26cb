import { ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard';

/** Green, then yellow, then red as the value rises. */
export function worseAbove(warning: number, critical: number): ThresholdsConfigBuilder {
  return steps([null, 'green'], [warning, 'yellow'], [critical, 'red']);
}

/** Red, then yellow, then green as the value rises. */
export function worseBelow(critical: number, warning: number): ThresholdsConfigBuilder {
  return steps([null, 'red'], [critical, 'yellow'], [warning, 'green']);
}

/** Anything above zero is a fault. */
export function onlyZeroIsFine(): ThresholdsConfigBuilder {
  // Rates are never negative, and increase() extrapolates: half of one is the smallest count that happened.
  return steps([null, 'green'], [0.5, 'red']);
}

/** A value that is neither good nor bad. */
export function neutral(): ThresholdsConfigBuilder {
  return steps([null, 'blue']);
}

function steps(...levels: readonly (readonly [number | null, string])[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(levels.map(([value, color]) => ({ value, color })));
}

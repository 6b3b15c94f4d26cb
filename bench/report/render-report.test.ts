import { expect, test } from 'vitest';
import { benchResult } from './__fixtures__/bench-result.ts';
import { renderReport } from './render-report.ts';

test('the report is Markdown with a row for everything that was measured', () => {
  expect(renderReport(benchResult(), ['On a machine.', 'Alone.'])).toMatchInlineSnapshot(`
    "On a machine. Alone.

    CPU time per request in µs, everything its processes did counted: median (least–most) of the rounds, and against the bare relay.

    |  | answer |  | 33-chunk stream |  | the same in one burst |  |
    | :-- | --: | --: | --: | --: | --: | --: |
    | bare Node relay | 110 (100–120) | 1.0 × | 400 (400–400) | 1.0 × | 150 (150–150) | 1.0 × |
    | Glassgate, telemetry off | 440 (400–480) | 4.0 × | 700 (700–700) | 1.8 × | – | – |
    | Glassgate, everything on | 550 (500–600) | 5.0 × | 1,000 (1,000–1,000) | 2.5 × | 900 (900–900) | 6.0 × |
    | Glassgate, everything on, requests without retrieval | 315 (300–330) | 2.9 × | – | – | – | – |
    | Glassgate, everything on, Collector dead | 565 (510–620) | 5.1 × | 1,100 (1,000–1,200) | 2.8 × | – | – |

    Added by each over asking the upstream itself, in ms: one answer at a time (W1); first token and gap between tokens of streams at 50 tokens a second (W3). Median of the rounds.

    |  | answer p50 | p99 | first token p50 | p99 | gap p50 | p99 |
    | :-- | --: | --: | --: | --: | --: | --: |
    | Glassgate, everything on | 0.90 | 1.50 | 1.50 | 3.00 | 0.25 | 0.25 |

    Answers per second from an upstream that takes 20 ms, by requests in flight, one worker on one core; 99th percentile of their time in ms (W2).

    |  | 16 |
    | :-- | --: |
    | bare Node relay | 3,000 (30) |
    | Glassgate, everything on | 1,100 (45), 2 failed |

    What the project holds itself to.

    |  | measured | to hold |  | to reach |  |
    | :-- | --: | --: | --: | --: | --: |
    | answer, CPU against the bare relay | 5.0 × | 6.0 × | PASS | 4.0 × | short |
    | 33-chunk stream, CPU against the bare relay | 2.5 × | 4.0 × | PASS | 3.0 × | PASS |
    | telemetry’s share of our own path, answer | 20 % | 25 % | PASS | – | – |
    | telemetry’s share of our own path, stream | 30 % | 25 % | short | – | – |
    | spans and log lines that never arrived | 0 | 0 | PASS | – | – |"
  `);
});

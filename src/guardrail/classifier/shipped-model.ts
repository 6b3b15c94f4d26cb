import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { BUCKETS } from './features.ts';
import { unpackWeights, type LinearModel } from './linear-model.ts';

const bandsSchema = z.strictObject({ flag: z.number().min(0).max(1), block: z.number().min(0).max(1) });
const channelSchema = z.strictObject({ en: bandsSchema, zh: bandsSchema });

const metadataSchema = z.strictObject({
  buckets: z.literal(BUCKETS),
  /** Value of the largest weight. */
  scale: z.number().positive(),
  bias: z.number(),
  /** SHA-256 of `weights.bin`. */
  sha256: z.string().length(64),
  /** From these scores on a text is flagged, or blocked. */
  thresholds: z.strictObject({ question: channelSchema, passage: channelSchema }),
  trainedOn: z.record(
    z.string(),
    z.strictObject({ injection: z.number(), benign: z.number(), licence: z.string() }),
  ),
});

/** What `model.json` says about the weights beside it. */
export type ModelMetadata = z.infer<typeof metadataSchema>;

/** The model that is shipped, with its thresholds. */
export interface ShippedModel {
  readonly model: LinearModel;
  readonly metadata: ModelMetadata;
}

/** Reads the weights and checks that they are those the metadata was written for. */
export function loadShippedModel(folder: URL = new URL('./', import.meta.url)): ShippedModel {
  const bytes = readFileSync(new URL('weights.bin', folder));
  const metadata = metadataSchema.parse(JSON.parse(readFileSync(new URL('model.json', folder), 'utf8')));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== metadata.sha256 || bytes.length !== metadata.buckets)
    throw new Error(
      'weights.bin is not the file that model.json was written for: train again, or restore both.',
    );
  const weights = unpackWeights(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length), metadata.scale);
  return { model: { weights, bias: metadata.bias }, metadata };
}

import type { UsedPassage } from '../../domain/answer-record.ts';
import type { GenerationFrame } from '../../domain/generation.ts';

/** The ids and sources an answer carries under `glassgate`. */
export interface AnswerExtension {
  readonly answer_id: string;
  readonly trace_id: string;
  readonly request_id: string;
  readonly passages?: readonly PassageReference[];
}

/** A numbered source as a chunk shows it; its text is in `GET /v1/answers/{id}`. */
export interface PassageReference {
  readonly n: number;
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly score: number;
}

/** The passages an answer may cite. */
export function referencesOf(passages: readonly UsedPassage[]): PassageReference[] {
  return passages.flatMap(({ n, id, title, source, score }) =>
    n === undefined ? [] : [{ n, id, title, source, score }],
  );
}

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;

/**
 * Turns frames of the upstream into what the caller gets. Bytes are handed on as they came, but for the first chunk and
 * the usage chunk, which get the `glassgate` field, and the usage chunk nobody asked for, which is taken out.
 */
export class AnswerFrameWriter {
  readonly #extension: AnswerExtension;
  readonly #passages: readonly PassageReference[];
  readonly #includeUsage: boolean;
  #first = true;

  constructor(extension: AnswerExtension, passages: readonly PassageReference[], includeUsage: boolean) {
    this.#extension = extension;
    this.#passages = passages;
    this.#includeUsage = includeUsage;
  }

  /** Bytes to send for one batch of frames; may be empty. */
  encode(frames: readonly GenerationFrame[]): Uint8Array {
    const parts: Uint8Array[] = [];
    for (const frame of frames) {
      if (frame.kind === 'usage' && !this.#includeUsage) continue;
      parts.push(this.#encodeFrame(frame));
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  #encodeFrame(frame: GenerationFrame): Uint8Array {
    if (frame.kind === 'done' || frame.bytes[0] === 0x3a) return frame.bytes;
    if (this.#first) {
      this.#first = false;
      return withExtension(frame.bytes, { ...this.#extension, passages: this.#passages });
    }
    return frame.kind === 'usage' ? withExtension(frame.bytes, this.#extension) : frame.bytes;
  }
}

/** Puts `"glassgate": …` first into the JSON object of a frame, without parsing the rest again. */
function withExtension(bytes: Uint8Array, extension: AnswerExtension): Uint8Array {
  const brace = bytes.indexOf(OPEN_BRACE);
  if (brace === -1) return bytes;
  const isEmpty = bytes.subarray(brace + 1).find((byte) => byte > SPACE) === CLOSE_BRACE;
  const inserted = Buffer.from(`"glassgate":${JSON.stringify(extension)}${isEmpty ? '' : ','}`);
  return Buffer.concat([bytes.subarray(0, brace + 1), inserted, bytes.subarray(brace + 1)]);
}

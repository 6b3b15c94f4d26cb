import type { UsedPassage } from '../../domain/answer-record.ts';
import type { GenerationFrame } from '../../domain/generation.ts';
import { rewriteFrame } from './rewrite-frame.ts';

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
 * the usage chunk, which get the `glassgate` field, the usage chunk nobody asked for, which is taken out, and what the guard
 * has changed.
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
      parts.push(
        this.#encodeFrame(frame.isEdited === true ? { ...frame, bytes: rewriteFrame(frame) } : frame),
      );
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  #encodeFrame(frame: GenerationFrame): Uint8Array {
    if (!this.#first && frame.kind !== 'usage') return frame.bytes;
    const brace = objectStart(frame);
    if (brace === -1) return frame.bytes;
    const extension = this.#first ? { ...this.#extension, passages: this.#passages } : this.#extension;
    this.#first = false;
    return withExtension(frame.bytes, brace, extension);
  }
}

/** Where the JSON object of a frame begins, -1 when it has none. A comment in front of it may hold anything. */
function objectStart({ kind, bytes }: GenerationFrame): number {
  if (kind === 'done') return -1;
  if (kind === 'whole') return bytes.indexOf(OPEN_BRACE);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let field = text.indexOf('data:');
  while (field > 0 && !isLineEnd(text[field - 1])) field = text.indexOf('data:', field + 1);
  return field === -1 ? -1 : text.indexOf(OPEN_BRACE, field);
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === 0x0a || byte === 0x0d;
}

/** Puts `"glassgate": …` first into a JSON object, without parsing the rest again. */
function withExtension(bytes: Uint8Array, brace: number, extension: AnswerExtension): Uint8Array {
  const isEmpty = bytes.subarray(brace + 1).find((byte) => byte > SPACE) === CLOSE_BRACE;
  const inserted = Buffer.from(`"glassgate":${JSON.stringify(extension)}${isEmpty ? '' : ','}`);
  return Buffer.concat([bytes.subarray(0, brace + 1), inserted, bytes.subarray(brace + 1)]);
}

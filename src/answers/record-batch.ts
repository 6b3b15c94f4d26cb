/** Records on their way to the writer thread: one block of memory that changes its owner instead of being copied. */
export interface RecordBatch {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each record ends in `bytes`. */
  readonly ends: readonly number[];
}

/** Copies records, each its JSON in UTF-8, into one block that may be transferred. */
export function packBatch(records: readonly Uint8Array[]): RecordBatch {
  const bytes = new Uint8Array(records.reduce((sum, { length }) => sum + length, 0));
  const ends: number[] = [];
  let end = 0;
  for (const record of records) {
    bytes.set(record, end);
    end += record.length;
    ends.push(end);
  }
  return { bytes, ends };
}

/** The JSON of each record. */
export function unpackBatch({ bytes, ends }: RecordBatch): string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return ends.map((end, index) => text.toString('utf8', ends[index - 1] ?? 0, end));
}

/** Text as bytes, so that a test can send what is no valid UTF-8. */
export interface RawRecord {
  readonly body: Uint8Array;
  readonly attribute: { readonly key: string; readonly value: Uint8Array };
}

const LENGTH_DELIMITED = 2;
const FIXED64 = 1;

/** OTLP log request of one record in protobuf; the few fields it needs, by their numbers in the protocol. */
export function rawLogRequest(serviceName: string, record: RawRecord): Uint8Array<ArrayBuffer> {
  const resource = field(1, keyValue('service.name', Buffer.from(serviceName)));
  const logRecord = Buffer.concat([
    timeField(1),
    field(5, field(1, record.body)),
    field(6, keyValue(record.attribute.key, record.attribute.value)),
  ]);
  const scopeLogs = field(2, logRecord);
  return Buffer.from(field(1, Buffer.concat([field(1, resource), field(2, scopeLogs)])));
}

/** OTLP trace request of one span in protobuf. */
export function rawTraceRequest(
  serviceName: string,
  traceId: string,
  record: RawRecord,
): Uint8Array<ArrayBuffer> {
  const resource = field(1, keyValue('service.name', Buffer.from(serviceName)));
  const span = Buffer.concat([
    field(1, Buffer.from(traceId, 'hex')),
    field(2, Buffer.from(traceId.slice(0, 16), 'hex')),
    field(5, record.body),
    timeField(7),
    timeField(8),
    field(9, keyValue(record.attribute.key, record.attribute.value)),
  ]);
  return Buffer.from(field(1, Buffer.concat([field(1, resource), field(2, field(2, span))])));
}

function timeField(number: number): Buffer {
  const bytes = Buffer.alloc(9, (number << 3) | FIXED64);
  bytes.writeBigUInt64LE(BigInt(Date.now()) * 1_000_000n, 1);
  return bytes;
}

function keyValue(key: string, value: Uint8Array): Buffer {
  return Buffer.concat([field(1, Buffer.from(key)), field(2, field(1, value))]);
}

function field(number: number, value: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | LENGTH_DELIMITED]), varint(value.length), value]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

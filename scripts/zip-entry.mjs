import { open } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { PassThrough } from 'node:stream';
import { createInflateRaw } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
/** The end record is 22 bytes and a comment of at most 64 KiB. */
const LARGEST_TAIL_BYTES = 22 + 0xffff;

/**
 * Opens one file inside a zip archive (a Python wheel is one) as a stream, without reading the rest.
 * @param {string} archive
 * @param {(name: string) => boolean} isWanted
 * @returns {Promise<{ stream: import('node:stream').Readable, size: number }>}
 */
export async function openZipEntry(archive, isWanted) {
  const file = await open(archive);
  try {
    const entry = (await directoryOf(file)).find(({ name }) => isWanted(name));
    if (entry === undefined) throw new Error(`${archive} does not contain the file looked for.`);
    const header = await read(file, entry.offset, 30);
    const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    const packed = createReadStream(archive, { start, end: start + entry.packedSize - 1 });
    const unpack = entry.method === 0 ? new PassThrough() : createInflateRaw();
    packed.on('error', (error) => unpack.destroy(error));
    return { stream: packed.pipe(unpack), size: entry.size };
  } finally {
    await file.close();
  }
}

/** @param {import('node:fs/promises').FileHandle} file */
async function directoryOf(file) {
  const { size } = await file.stat();
  const tail = await read(file, Math.max(0, size - LARGEST_TAIL_BYTES), Math.min(size, LARGEST_TAIL_BYTES));
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== END_OF_DIRECTORY) end -= 1;
  if (end < 0) throw new Error('The archive is not complete: it has no directory.');
  const directory = await read(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  const entries = [];
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === DIRECTORY_ENTRY;) {
    const nameLength = directory.readUInt16LE(at + 28);
    entries.push({
      name: directory.toString('utf8', at + 46, at + 46 + nameLength),
      method: directory.readUInt16LE(at + 10),
      packedSize: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/**
 * @param {import('node:fs/promises').FileHandle} file
 * @param {number} position
 * @param {number} length
 */
async function read(file, position, length) {
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer;
}

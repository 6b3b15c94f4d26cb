import { createHmac, createSecretKey, randomUUID, timingSafeEqual, type KeyObject } from 'node:crypto';

const RANDOM_BYTES = 12;
/** 96 bits: out of reach for guessing over the network, and the id stays short. */
const PROOF_BYTES = 12;
const ANSWER_ID = /^ans_([A-Za-z0-9_-]{32})$/;

/** Makes an answer id that carries the proof of its owner, so that feedback can be accepted before the record is stored. */
export function createAnswerId(owner: string, secret: Uint8Array): string {
  // A UUID comes from a store of random bytes that the runtime fills at times; asking the kernel for 12 costs ten times that.
  const random = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').subarray(0, RANDOM_BYTES);
  return `ans_${Buffer.concat([random, proofOf(random, owner, secret)]).toString('base64url')}`;
}

/** Whether this id was made for this owner with this secret; takes the same time for right and wrong ones. */
export function ownsAnswerId(answerId: string, owner: string, secret: Uint8Array): boolean {
  const encoded = ANSWER_ID.exec(answerId)?.[1];
  if (encoded === undefined) return false;
  const bytes = Buffer.from(encoded, 'base64url');
  const expected = proofOf(bytes.subarray(0, RANDOM_BYTES), owner, secret);
  return timingSafeEqual(bytes.subarray(RANDOM_BYTES), expected);
}

function proofOf(random: Uint8Array, owner: string, secret: Uint8Array): Buffer {
  return createHmac('sha256', keyOf(secret)).update(random).update(owner).digest().subarray(0, PROOF_BYTES);
}

/** Preparing the key costs four times the hash, and a process has one secret. */
const keys = new WeakMap<Uint8Array, KeyObject>();

function keyOf(secret: Uint8Array): KeyObject {
  const key = keys.get(secret) ?? createSecretKey(secret);
  keys.set(secret, key);
  return key;
}

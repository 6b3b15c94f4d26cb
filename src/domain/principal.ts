/** Who is asking: the owner of answers, never a metric label. */
export interface Principal {
  /** `key`: an API key. `visitor`: a session cookie of the page. `forwarded`: named by a trusted front. `local`: keyless on loopback. */
  readonly kind: 'key' | 'visitor' | 'forwarded' | 'local';
  /** Unique within its kind; pseudonymous. */
  readonly id: string;
}

/** The string an answer is filed under. */
export function ownerOf(principal: Principal): string {
  return `${principal.kind}:${principal.id}`;
}

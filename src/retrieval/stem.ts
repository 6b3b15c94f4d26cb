const KEPT_ENDINGS = /(?:ss|us|is|sis|ies|ues)$/;

/**
 * A rough English word stem, for comparing words outside the index (FTS5 has its own Porter stemmer inside):
 * plural, -ing, -ed and -ly go. Words of other scripts come back as they are.
 */
export function stem(term: string): string {
  if (!/^[a-z]{4,}$/.test(term)) return term;
  const singular = withoutPlural(term);
  const root = singular.replace(/(?:ing|ed|ly)$/, '');
  if (root.length < 3 || root === singular) return withoutFinalE(singular);
  // A doubled consonant comes from the ending: stopped, dropping.
  return withoutFinalE(root.replace(/([bdgmnprt])\1$/, '$1'));
}

function withoutPlural(term: string): string {
  if (term.endsWith('ies')) return `${term.slice(0, -3)}y`;
  if (/(?:ch|sh|x|ss|z)es$/.test(term)) return term.slice(0, -2);
  return term.endsWith('s') && !KEPT_ENDINGS.test(term) ? term.slice(0, -1) : term;
}

function withoutFinalE(term: string): string {
  return term.length > 3 && term.endsWith('e') ? term.slice(0, -1) : term;
}

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identifierWords, indexTerms, isPaired, phraseOf, piecesOf, splitTerms } from './terms.ts';

describe('splitTerms', () => {
  it.each([
    ['The Gateway is SLOW.', ['the', 'gatewai', 'is', 'slow']],
    ['gen_ai.client.token.usage', ['genaiclienttokenusag', 'gen', 'ai', 'client', 'token', 'usag']],
    ['gen_ai_client_token_usage', ['genaiclienttokenusag', 'gen', 'ai', 'client', 'token', 'usag']],
    ['createHttpServer', ['createhttpserv', 'creat', 'http', 'server']],
    ['parseJSONBody', ['parsejsonbodi', 'pars', 'json', 'bodi']],
    ['GLASSGATE_SERVER_PORT', ['glassgateserverport', 'glassgat', 'server', 'port']],
    ['/v1/chat/completions', ['v1chatcompletions', 'v1', 'chat', 'complet']],
    ['p95 and 503', ['p95', 'and', '503']],
    ['网关变慢', ['网关', '关变', '变慢']],
    ['慢', ['慢']],
    ['网关 504 超时', ['网关', '504', '超时']],
    ['用npm启动', ['用', 'npm', '启动']],
    ['ＧＬＡＳＳ', ['glass']],
    ['naïve café', ['naïve', 'café']],
    ['… "" () * - :', []],
    ['', []],
  ])('splits %j', (text, terms) => {
    expect(splitTerms(text)).toEqual(terms);
  });

  it('drops what is too long to be a word', () => {
    expect(splitTerms(`short ${'x'.repeat(65)} ${'z'.repeat(64)}`)).toEqual(['short', 'z'.repeat(64)]);
  });

  it('gives only letters, marks and digits, whatever the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const term of splitTerms(text)) expect(term).toMatch(/^[\p{L}\p{N}\p{M}]+$/u);
      }),
    );
  });

  it('survives lone surrogates and NUL', () => {
    expect(splitTerms('a\uD800b\0c')).toEqual(['a', 'b', 'c']);
  });
});

describe('indexTerms', () => {
  it('adds the last character of each Chinese run', () => {
    expect(indexTerms('变慢了，慢')).toEqual(['变慢', '慢了', '了', '慢']);
  });

  it('holds every term the same text would be asked with', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(indexTerms(text)).toEqual(expect.arrayContaining(splitTerms(text)));
      }),
    );
  });
});

describe('isPaired', () => {
  it('knows Chinese from words and numbers', () => {
    expect(['网关', '慢', 'gateway', '503', ''].map(isPaired)).toEqual([true, true, false, false, false]);
  });
});

describe('phraseOf', () => {
  it.each([
    ['gateways', 'gatewai'],
    ['gen_ai.usage', 'genaiusag'],
    ['roll back', 'roll back'],
    ['采集器', '采集 集器'],
    ['慢', '慢'],
    ['', ''],
  ])('%j is looked for as %j', (word, phrase) => {
    expect(phraseOf(word)).toBe(phrase);
  });
});

describe('piecesOf and identifierWords', () => {
  it('give what was written, and its parts in lower case', () => {
    expect(piecesOf('设置 GLASSGATE_PORT now')).toEqual(['设置', 'GLASSGATE_PORT', 'now']);
    expect(identifierWords('GLASSGATE_PORT')).toEqual(['glassgateport', 'glassgate', 'port']);
    expect(identifierWords('now')).toEqual(['now']);
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexTerms, isPaired, splitTerms } from './terms.ts';

describe('splitTerms', () => {
  it.each([
    ['The Gateway is SLOW.', ['the', 'gateway', 'is', 'slow']],
    ['gen_ai.client.token.usage', ['genaiclienttokenusage', 'gen', 'ai', 'client', 'token', 'usage']],
    ['gen_ai_client_token_usage', ['genaiclienttokenusage', 'gen', 'ai', 'client', 'token', 'usage']],
    ['createHttpServer', ['createhttpserver', 'create', 'http', 'server']],
    ['parseJSONBody', ['parsejsonbody', 'parse', 'json', 'body']],
    ['GLASSGATE_SERVER_PORT', ['glassgateserverport', 'glassgate', 'server', 'port']],
    ['/v1/chat/completions', ['v1chatcompletions', 'v1', 'chat', 'completions']],
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
    expect(splitTerms(`short ${'x'.repeat(65)} ${'y'.repeat(64)}`)).toEqual(['short', 'y'.repeat(64)]);
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

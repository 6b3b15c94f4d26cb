import { expect, it } from 'vitest';
import { dataFile } from './data-file.ts';

it('names the files of the data folder', () => {
  expect(dataFile('data', 'answers')).toBe('data/answers.db');
  expect(dataFile('/var/lib/glassgate', 'access')).toBe('/var/lib/glassgate/access.db');
});

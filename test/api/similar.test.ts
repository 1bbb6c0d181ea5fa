import { expect, test } from 'vitest';
import { similar } from '../../src/api/similar.js';

const known = ['clusters', 'maxIter', 'nInit', 'init', 'columns'];

test.each([
  ['maxiter', 'maxIter'],
  ['max_iter', 'maxIter'],
  ['max-iter', 'maxIter'],
  ['clustres', 'clusters'],
  ['cluster', 'clusters'],
  ['column', 'columns'],
  ['n_init', 'nInit'],
  ['k', 'clusters'],
  ['n', undefined], // rows, which there are none of here
  ['', undefined],
  ['whatever', undefined],
  ['toString', undefined],
])('%s may mean %s', (name, meant) => {
  expect(similar(name, known)).toBe(meant);
});

import { expect, it } from 'vitest';
import { classesOf } from '../../demo/page/classes.ts';

it('tells windows of further classes from windows of none, whatever a class is called', () => {
  const names = ['b', 'a', 'no label', 'b', null, 'c', 'c', 'c', 'd', null, null];
  const { places, legend } = classesOf(names, 3, 'no label');
  expect(legend).toEqual([
    [0, 'c (3)'],
    [1, 'b (2)'],
    [2, 'a (1)'],
    ['others', '2 others (2)'],
    ['unknown', 'no label (3)'],
  ]);
  expect(places).toEqual([1, 2, 'others', 1, 'unknown', 0, 0, 0, 'others', 'unknown', 'unknown']);
  // Every window is counted once.
  expect(legend.map(([, text]) => Number(/\((\d+)\)$/.exec(text)?.[1])).reduce((a, b) => a + b)).toBe(
    names.length,
  );
});

it('lists nothing that is not there', () => {
  expect(classesOf(['a', 'b'], 2, 'no label').legend).toEqual([
    [0, 'a (1)'],
    [1, 'b (1)'],
  ]);
  expect(classesOf([null], 2, 'unknown')).toEqual({
    places: ['unknown'],
    legend: [['unknown', 'unknown (1)']],
  });
  expect(classesOf(['a', 'b', 'c'], 2, '').legend.at(-1)).toEqual(['others', '1 other (1)']);
});

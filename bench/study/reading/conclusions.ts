/** "In short": what the intervals allow to be said, and no more. */
import { plural } from '../../../workflows/words.ts';
import type { LevelName } from '../outcomes.ts';
import { modelsOf, type Study } from '../plan.ts';
import { COMPARISONS, type Compared, type Comparison, comparedIn } from './compare.ts';
import { type Pooled, type Verdict, verdictOf } from './pool.ts';

/** Sentences on all tasks together, windows before recordings: first what nothing beats, then each model. */
export function conclusionsOf(study: Study): string[] {
  const all = comparedIn(study);
  const windows = all.filter(({ level }) => level === 'windows');
  const recordings = all.filter(({ level }) => level === 'recordings');
  return [
    ...COMPARISONS.flatMap((comparison) => unbeaten(comparison, windows)),
    ...modelsOf(study).flatMap((model) => ofModel(model, windows, 'windows')),
    ...COMPARISONS.filter(({ other }) => !other.startsWith('random')).flatMap((comparison) =>
      howMuch(comparison, windows),
    ),
    ...modelsOf(study).flatMap((model) => ofModel(model, recordings, 'recordings')),
  ];
}

const is = (verdict: Verdict) => (one: Compared) => verdictOf(one.difference) === verdict;

/** On which tasks no model is above zero. Nothing is said where there is no task without one. */
function unbeaten(comparison: Comparison, compared: readonly Compared[]): string[] {
  const own = compared.filter((one) => one.comparison === comparison);
  const names = [...new Set(own.map(({ task }) => task.name))];
  const none = names.filter((name) => !own.some((one) => one.task.name === name && is('above')(one)));
  if (none.length === 0) return [];
  const said = `o token ${comparison.verb} ${comparison.what}`;
  if (none.length === names.length) return [`N${said} on any of ${plural(names.length, 'task')}.`];
  return [`On ${none.length} of ${plural(names.length, 'task')} n${said}: ${none.join(', ')}.`];
}

/** On how many tasks one model is above zero. */
function ofModel(model: string, compared: readonly Compared[], level: LevelName): string[] {
  const own = compared.filter((one) => one.model === model);
  if (own.length === 0) return [];
  const said = (verb: Comparison['verb']): string[] => {
    const parts = COMPARISONS.filter((comparison) => comparison.verb === verb).flatMap((comparison) => {
      const some = own.filter((one) => one.comparison === comparison);
      if (some.length === 0) return [];
      const [below, unknown] = [some.filter(is('below')).length, some.filter(is('unknown')).length];
      const beside = [
        ...(below > 0 ? [`below zero on ${below}`] : []),
        ...(unknown > 0 ? [`no interval on ${unknown}`] : []),
      ];
      const more = beside.length > 0 ? ` (${beside.join(', ')})` : '';
      return [`${comparison.what} on ${some.filter(is('above')).length} of ${some.length}${more}`];
    });
    return parts.length > 0 ? [`${verb} ${parts.join(', ')}`] : [];
  };
  const counts = own.map(({ difference }) => difference.values.length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const seeds = `${least < most ? `${least} to ` : ''}${plural(most, 'seed')}`;
  return [`${model} (${seeds}), ${level}: ${[...said('beats'), ...said('adds to')].join('; ')}.`];
}

/** Where models are above zero, by how much. */
function howMuch(comparison: Comparison, compared: readonly Compared[]): string[] {
  const own = compared.filter((one) => one.comparison === comparison && is('above')(one));
  if (own.length === 0) return [];
  const parts = [...new Set(own.map(({ model }) => model))].map((model) => {
    const some = own.filter((one) => one.model === model);
    return `${model} on ${some.map(({ task, difference }) => `${task.name} by ${showDifference(difference)}`).join(', ')}`;
  });
  const verb = comparison.verb === 'beats' ? 'Beats' : 'Adds to';
  return [`${verb} ${comparison.what}: ${parts.join('; ')}.`];
}

/** `0.028 (0.013 to 0.044)`: the mean over seeds, and the interval. */
export function showDifference({ mean, low, high }: Pooled): string {
  const [value, from, to] = [mean, low, high].map((one) => one.toFixed(3));
  return Number.isNaN(low) ? `${value}` : `${value} (${from} to ${to})`;
}

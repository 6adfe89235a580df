/** What the intervals allow to be said, and no more. */
import { aurocOf, type Interval } from '../../../evaluate/index.ts';
import type { ProbeRow } from '../outcomes.ts';
import type { Variant } from '../plan.ts';
import type { AblationRows, Compared } from './rows.ts';

/** `unknown` where there are too few subjects for an interval. */
export type Verdict = 'beats' | 'open' | 'loses' | 'unknown';

/** By the interval of the difference on the same resamples of subjects. */
export function against({ behind }: ProbeRow): Verdict {
  if (!behind || Number.isNaN(behind.low + behind.high)) return 'unknown';
  return behind.low > 0 ? 'beats' : behind.high < 0 ? 'loses' : 'open';
}

/** Of two encoders, which were not resampled together: told apart only where their intervals do not overlap. */
export function between(one: Interval, other: Interval): Verdict {
  if (Number.isNaN(one.low + one.high + other.low + other.high)) return 'unknown';
  return one.low > other.high ? 'beats' : one.high < other.low ? 'loses' : 'open';
}

const RIVALS = [
  ['handcrafted', 'the handcrafted row'],
  ['raw', 'the raw samples'],
  ['untrained', 'the random encoder'],
  ['prior', 'the class prior'],
] as const;

const FITTED_RIVALS = [
  ['handcrafted', 'the handcrafted row'],
  ['untrainedFitted', 'the random encoder'],
] as const;

/** Sentences on one task: each encoder against what it has to beat, then the encoders among each other. */
export function conclusionsOf(results: Compared): string[] {
  const alone = results.map(({ variant, result }) => {
    const said = RIVALS.flatMap(([key, name]) => {
      const row = result[key];
      return row ? [{ name, verdict: against(row) }] : [];
    });
    const of = (verdict: Verdict) => said.filter((one) => one.verdict === verdict).map(({ name }) => name);
    const parts = [
      listed('beats', of('beats')),
      listed('does not beat', [...of('loses').map((name) => `${name} (better)`), ...of('open')]),
      listed('cannot be compared with', of('unknown')),
    ];
    return `${variant.title}: ${parts.filter((part) => part !== '').join('; ')}. ${fittedSentence(result)}`;
  });
  const pairs = results.flatMap((one, i) => results.slice(i + 1).map((other) => sentence(one, other)));
  return [...alone, ...pairs];
}

/** What a token holds may be more than the probe comes to. */
function fittedSentence(result: AblationRows): string {
  const { fitted } = result;
  const said = FITTED_RIVALS.map(([key, name]) => {
    const row = result[key];
    const rival = `${name} (${aurocOf(row).toFixed(3)}`;
    const verdict = between(fitted.intervals.auroc, row.intervals.auroc);
    return {
      beats: `beats ${rival})`,
      loses: `does not beat ${rival}, better)`,
      open: `does not beat ${rival}, intervals overlap)`,
      unknown: `cannot be compared with ${rival})`,
    }[verdict];
  });
  return `A logistic regression on the same token (${aurocOf(fitted).toFixed(3)}) ${said.join(' and ')}.`;
}

const listed = (verb: string, names: readonly string[]): string =>
  names.length === 0 ? '' : `${verb} ${names.join(', ')}`;

function sentence(one: Compared[number], other: Compared[number]): string {
  const [a, b] = [one.result.trained, other.result.trained];
  const [first, second] = [one.variant.title, other.variant.title];
  const difference = `${aurocOf(a).toFixed(3)} and ${aurocOf(b).toFixed(3)}`;
  const verdict = between(a.intervals.auroc, b.intervals.auroc);
  if (verdict === 'beats') return `${first} beats ${second} (${difference}).`;
  if (verdict === 'loses') return `${second} beats ${first} (${difference}).`;
  const why = verdict === 'open' ? 'their intervals overlap' : 'there are too few subjects for intervals';
  return `${first} and ${second} cannot be told apart (${difference}): ${why}.`;
}

/** Sentences on all tasks together. */
export function overall(tasks: readonly { readonly title: string; readonly results: Compared }[]): string[] {
  const variants = tasks[0]?.results.map(({ variant }) => variant) ?? [];
  const own = variants.map((variant) => {
    const counts = RIVALS.map(([key, name]) => {
      const verdicts = tasks.flatMap(({ results }) => {
        const row = results.find((one) => one.variant.name === variant.name)?.result[key];
        return row ? [against(row)] : [];
      });
      return `${name} on ${verdicts.filter((verdict) => verdict === 'beats').length} of ${verdicts.length}`;
    });
    const fitted = FITTED_RIVALS.map(([key, name]) => {
      const verdicts = tasks.flatMap(({ results }) => {
        const result = results.find((one) => one.variant.name === variant.name)?.result;
        return result ? [between(result.fitted.intervals.auroc, result[key].intervals.auroc)] : [];
      });
      return `${name} on ${verdicts.filter((verdict) => verdict === 'beats').length} of ${verdicts.length}`;
    });
    return `${variant.title} beats ${counts.join(', ')} tasks. A logistic regression on its token beats ${fitted.join(' and ')}.`;
  });
  const [first, ...others] = variants;
  const pairs = others.map((other) => {
    const compared = tasks.flatMap(({ results }) => {
      const of = (variant: Variant | undefined) =>
        results.find((one) => one.variant.name === variant?.name)?.result.trained;
      const [a, b] = [of(first), of(other)];
      return a && b
        ? [{ verdict: between(a.intervals.auroc, b.intervals.auroc), by: aurocOf(a) - aurocOf(b) }]
        : [];
    });
    const count = (verdict: Verdict) => compared.filter((one) => one.verdict === verdict).length;
    const mean = compared.reduce((sum, { by }) => sum + by, 0) / compared.length;
    return `${first?.title} beats ${other.title} on ${count('beats')} of ${compared.length} tasks and is beaten on ${count('loses')}; its AUROC is ${mean >= 0 ? 'higher' : 'lower'} by ${Math.abs(mean).toFixed(3)} on average.`;
  });
  return [...own, ...pairs];
}

import { describe, expect, it } from 'vitest';
import { Latest, Superseded } from '../../demo/latest.ts';

/** A promise that is settled from outside. */
function later<T>() {
  let give: (value: T) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const promise = new Promise<T>((resolve, reject) => {
    [give, fail] = [resolve, reject];
  });
  return { promise, give, fail };
}

describe('Latest', () => {
  it('takes what was asked for last, though what was asked for first is made last', async () => {
    const latest = new Latest<'files'>({ files: [] });
    const taken: string[] = [];
    const [slow, quick] = [later<string>(), later<string>()];
    const first = latest.ask(
      'files',
      () => slow.promise,
      (made) => taken.push(made),
    );
    const second = latest.ask(
      'files',
      () => quick.promise,
      (made) => taken.push(made),
    );
    quick.give('second');
    expect(await second).toBe('second');
    slow.give('first');
    await expect(first).rejects.toThrow(Superseded);
    expect(taken).toEqual(['second']);
  });

  it('tells nobody of what went wrong with what was superseded, and of what is wanted it does', async () => {
    const latest = new Latest<'files'>({ files: [] });
    const slow = later<string>();
    const first = latest.ask('files', () => slow.promise);
    const second = latest.ask('files', () => {
      throw new Error('broken');
    });
    slow.fail(new Error('of the first'));
    await expect(first).rejects.toThrow(Superseded);
    await expect(second).rejects.toThrow('broken');
  });

  it('drops what was made of what has changed, and leaves what was only asked for in vain', async () => {
    const latest = new Latest<'signals' | 'windows' | 'map'>({
      signals: [],
      windows: ['signals'],
      map: ['windows'],
    });
    const [map, other] = [later<string>(), later<string>()];
    const first = latest.ask('map', () => map.promise);
    // Files that cannot be read change nothing.
    await expect(latest.ask('signals', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    map.give('map');
    expect(await first).toBe('map');
    const second = latest.ask('map', (check) => other.promise.then(check));
    await latest.ask('signals', () => 'others');
    other.give('map of those before');
    await expect(second).rejects.toThrow(Superseded);
    // And a map that is asked for now is of the new ones.
    expect(await latest.ask('map', () => 'new')).toBe('new');
  });
});

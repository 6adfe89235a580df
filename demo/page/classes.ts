/** Which colour each window of the map has, and what the legend says of it. */

/** A place in the palette, or the grey of what has none. */
export type ColourPlace = number | 'others' | 'unknown';

export interface Classes {
  /** Of each window. */
  readonly places: readonly ColourPlace[];
  readonly legend: readonly (readonly [place: ColourPlace, text: string])[];
}

/**
 * Classes by their size: the `most` largest have a colour each, others are grey together, and what has no name is another grey,
 * `nameless` in the legend.
 */
export function classesOf(names: readonly (string | null)[], most: number, nameless: string): Classes {
  const sizes = new Map<string, number>();
  for (const name of names) if (name !== null) sizes.set(name, (sizes.get(name) ?? 0) + 1);
  const sorted = [...sizes].sort((a, b) => b[1] - a[1]);
  const ranks = new Map(sorted.map(([name], rank) => [name, rank]));
  const places = names.map((name): ColourPlace => {
    const rank = name === null ? undefined : ranks.get(name);
    return rank === undefined ? 'unknown' : rank < most ? rank : 'others';
  });
  const line = (place: ColourPlace, name: string): [ColourPlace, string] => [
    place,
    `${name} (${places.filter((own) => own === place).length.toLocaleString('en-US')})`,
  ];
  const rest = sorted.length - most;
  return {
    places,
    legend: [
      ...sorted.slice(0, most).map(([name], rank) => line(rank, name)),
      ...(rest > 0 ? [line('others', `${rest} ${rest === 1 ? 'other' : 'others'}`)] : []),
      ...(places.includes('unknown') ? [line('unknown', nameless)] : []),
    ],
  };
}

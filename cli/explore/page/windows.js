/** What the page was given: windows, their places on the maps, and what is known of them. */

function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
}

/** The data block of the page, with its arrays unpacked. */
export function readWindows() {
  const given = JSON.parse(document.getElementById('windows').textContent);
  const fields = given.fields.map((field) => ({ ...field, codes: new Uint32Array(bytesOf(field.codes)) }));
  const maps = given.maps.map((map) => ({
    ...map,
    points: new Float32Array(bytesOf(map.points)),
    // The windows that are on this map.
    windows:
      map.windows === null
        ? Uint32Array.from({ length: given.count }, (_, i) => i)
        : new Uint32Array(bytesOf(map.windows)),
  }));
  const starts = new Float64Array(bytesOf(given.starts));
  const seconds = new Float32Array(bytesOf(given.seconds));
  return { ...given, fields, maps, starts, seconds };
}

const round = (value) => String(Number(value.toFixed(3)));

/** Rows [label, value] of one window. */
export function factsOf({ fields, starts, seconds }, window) {
  const rows = fields.flatMap(({ title, names, codes }) => {
    const name = names[codes[window] - 1];
    return name === undefined ? [] : [[title, name]];
  });
  const length = Number.isFinite(seconds[window]) ? `, ${round(seconds[window])} s long` : '';
  rows.splice(1, 0, ['start', `${round(starts[window])} s${length}`]);
  return rows;
}

/**
 * How windows are coloured: by the classes of a field, the commonest first, or by their start. `classOf` gives the class
 * of a window, and `classes` what the legend says of each.
 */
export function colouringOf(data, key, mostClasses) {
  if (key === 'start') {
    const [low, high] = data.starts.reduce(
      ([a, b], start) => [Math.min(a, start), Math.max(b, start)],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    );
    return { low, high, partOf: (window) => (high > low ? (data.starts[window] - low) / (high - low) : 0.5) };
  }
  const { names, codes } = data.fields.find((field) => field.key === key);
  const shown = Math.min(names.length, mostClasses);
  const classes = names.slice(0, shown).map((name, rank) => ({ name, rank }));
  const rest = names.length - shown;
  if (rest > 0) classes.push({ name: `${rest} ${rest > 1 ? 'others' : 'other'}`, rank: 'others' });
  const other = classes.length - 1;
  const unknown = classes.length;
  if (codes.includes(0)) classes.push({ name: 'not stated', rank: 'unknown' });
  const classOf = (window) => {
    const code = codes[window];
    return code === 0 ? unknown : Math.min(code - 1, rest > 0 ? other : code - 1);
  };
  return { classes, classOf };
}

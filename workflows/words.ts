/** Words and numbers that command and page both print. */
/** With commas between the thousands, whatever the machine's language. */
export function showCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 window`, `12,000 windows`. */
export function plural(count: number, noun: string, several = `${noun}s`): string {
  return `${showCount(count)} ${count === 1 ? noun : several}`;
}

/** `1:05` or `2:03:04`. */
export function showDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

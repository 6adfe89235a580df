/** "Fp1 (uV)" and "ECG [mV]" name their unit. */
export function labelAndUnit(name: string): { label: string; unit: string } {
  const bare = name.replace(/\s*(\(\s*\)|\[\s*\])$/, '');
  if (bare !== '' && bare !== name) return { label: bare, unit: '' };
  const match = /^(.*\S)\s*[([]\s*([^()[\]]{1,8}?)\s*[)\]]$/.exec(name);
  return match ? { label: match[1] as string, unit: match[2] as string } : { label: name, unit: '' };
}

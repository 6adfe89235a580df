import { readShader } from '#platform';

/** Runs in the page. */
export default function readShaders(names: string[]): string[] {
  return names.map(readShader);
}

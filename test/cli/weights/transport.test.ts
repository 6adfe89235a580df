import { expect, it } from 'vitest';
import { nextAddress, unquoted } from '../../../cli/common/weights/transport.ts';

const next = (from: string, to: string) => nextAddress(new URL(from), to, 'x.pt').href;

it('follows a redirect to encryption, and not out of it', () => {
  expect(next('http://a.example/x', 'https://b.example/y')).toBe('https://b.example/y');
  expect(next('https://a.example/x', '/y?z')).toBe('https://a.example/y?z');
  expect(() => next('https://a.example/x', 'http://a.example/x')).toThrow(
    'a.example redirects x.pt to an address without encryption; it is not followed: check HF_ENDPOINT and the proxy.',
  );
});

it('reads the two ways of writing an ETag', () => {
  expect(['"a"', 'W/"a"', 'a', undefined].map(unquoted)).toEqual(['a', 'a', 'a', undefined]);
});

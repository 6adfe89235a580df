import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hubWord, isInside, parseHubWord } from '../../../cli/common/weights/reference.ts';

it.each([
  ['hf:a/b', 'a/b', 'main', undefined],
  ['hf:5gyyyyy/SPOTR/spotr_encoder_last.pt', '5gyyyyy/SPOTR', 'main', 'spotr_encoder_last.pt'],
  ['hf:a/b@v1.0', 'a/b', 'v1.0', undefined],
  ['hf:a/b@v1/x/y@2.pt', 'a/b', 'v1', 'x/y@2.pt'],
  ['hf:a/b@refs%2Fpr%2F1/x.pt', 'a/b', 'refs/pr/1', 'x.pt'],
])('reads %s', (word, repo, revision, file) => {
  expect(parseHubWord(word)).toEqual({ repo, revision, file });
});

it.each([
  'hf:',
  'hf:a',
  'hf:a/',
  'hf:/b',
  'hf://a/b',
  'hf:a/b@',
  'hf:a/b/',
  'hf:a/b//x',
  'hf:a/b/../../c/x.pt',
  'hf:a/b/./x.pt',
  'hf:a/b/..\\x.pt',
  'hf:a/b/C:x.pt',
  'hf:../b',
  'hf:a/..',
  'hf:a/b..c',
  'hf:a/b@..',
  'hf:a/b@../x',
  'hf:a/b@%2e%2e%2fx',
  'hf:a/b@%zz',
  'hf:a b/c',
  'hf:a/b?x=1',
  'hf:a/b#c',
  'hf:a/b/x\n.pt',
  'hf:a/b@v\u0000',
])('refuses %j and says how to write it', (word) => {
  expect(() => parseHubWord(word)).toThrow(/; write hf:OWNER\/REPO, /);
});

it('names what is missing', () => {
  expect(() => parseHubWord('hf:a')).toThrow('"hf:a" has no repository after its owner');
  expect(() => parseHubWord('hf:/b')).toThrow('"hf:/b" has no owner');
});

it('writes the words that it reads', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,20}$/);
  const path = fc.stringMatching(/^[\w@ é%#?-]{1,8}(\/[\w@ é%#?-]{1,8}){0,2}$/).filter(isInside);
  const revision = fc.stringMatching(/^[A-Za-z0-9][\w+-]{0,8}(\/[A-Za-z0-9]{1,4})?$/);
  fc.assert(
    fc.property(name, name, revision, fc.option(path, { nil: undefined }), (owner, repo, at, file) => {
      const reference = { repo: `${owner}/${repo}`, revision: at, file };
      expect(parseHubWord(hubWord(reference))).toEqual(reference);
    }),
    { seed: 7 },
  );
});

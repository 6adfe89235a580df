import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { policyOf, reportPage } from '../../cli/common/report-page.ts';

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

it('lets a page load nothing, and run no style nor script but those whose text is given', () => {
  const rules = (policy: string) => /content="(.*)"/.exec(policy)?.[1]?.split('; ');
  expect(rules(policyOf({ styles: ['a'], scripts: ['b', 'c'] }))).toEqual([
    "default-src 'none'",
    `style-src ${hashOf('a')}`,
    `script-src ${hashOf('b')} ${hashOf('c')}`,
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  expect(rules(policyOf({ styles: ['a'], img: true }))).toContain('img-src data:');
  expect(policyOf({ styles: ['a'], img: true })).not.toMatch(/script-src|unsafe/);
});

it('gives a report the policy of its own style', () => {
  const page = reportPage({ title: '<b>', lead: '', sections: [], facts: [] });
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '';
  expect(page).toContain(policyOf({ styles: [style], img: true }));
  expect(page).toContain('<h1>&lt;b&gt;</h1>');
});

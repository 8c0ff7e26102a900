import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { canonicalJson, sha256 } from '../../domain/canonical.ts';
import { RUNS } from '../fixtures/property-runs.ts';

describe('given content to be hashed', () => {
  it.each([
    { value: { b: 1, a: [true, null] }, text: '{"a":[true,null],"b":1}', because: 'keys are sorted and lists are not' },
    { value: { minor: 12n }, text: '{"minor":"12"}', because: 'a bigint is a string' },
    {
      value: { é: 1, z: 2, Z: 3 },
      text: '{"Z":3,"z":2,"é":1}',
      because: 'the order is UTF-16, in every language',
    },
    { value: 'a"\n', text: String.raw`"a\"\n"`, because: 'text is escaped as in JSON' },
  ])('then $text, since $because', ({ value, text }) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it.each([
    { value: undefined },
    { value: { a: undefined } },
    { value: [1, undefined] },
    { value: 1.5 },
    { value: Number.NaN },
    { value: 2 ** 53 },
    { value: () => 1 },
    { value: Symbol('a') },
    { value: new Date(0) },
    { value: new Map() },
    { value: '\ud800' },
  ])('when it contains %o then it is refused, because there is no single way to write it', ({ value }) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });

  it('then the order of the keys does not matter, but the content does', () => {
    const content = fc.dictionary(
      fc.string({ unit: 'grapheme' }),
      fc.oneof(fc.maxSafeInteger(), fc.bigInt(), fc.boolean()),
    );
    fc.assert(
      fc.property(content, (some) => {
        const reversed = Object.fromEntries(Object.entries(some).toReversed());
        expect(canonicalJson(reversed)).toBe(canonicalJson(some));
        expect(canonicalJson({ ...some, added: 1 })).not.toBe(canonicalJson({ ...some, added: 2 }));
        expect(Object.keys(JSON.parse(canonicalJson(some)))).toHaveLength(Object.keys(some).length);
      }),
      RUNS,
    );
  });

  it('then the hash is the SHA-256 of its UTF-8 bytes', () => {
    expect(sha256('abc').toString('hex')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

import { describe, expect, it } from 'vitest';

import { fingerprint, seal, sealJson, unseal, unsealJson, type VaultKeys } from '../../db/vault.ts';

const keys: VaultKeys = { keyId: 'k1', kek: Buffer.alloc(32, 1), fingerprintKey: Buffer.alloc(32, 2) };
const details = { holder: 'Ann Partner', accountNumber: '123456789' };
const altered = (sealed: Buffer, index: number): Buffer => {
  const copy = Buffer.from(sealed);
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
};

describe('given bank details in the vault', () => {
  const sealed = sealJson(keys, 'instrument/ann', details);

  it('then their own row and key open them', () => {
    expect(unsealJson(keys, 'instrument/ann', sealed)).toEqual(details);
  });
  it('then the stored bytes reveal nothing', () => {
    expect(sealed.toString('latin1')).not.toContain('123456789');
  });
  it('when the same details are sealed again then the bytes differ', () => {
    expect(sealJson(keys, 'instrument/ann', details).equals(sealed)).toBe(false);
  });

  it.each([
    { what: "they are copied to somebody else's row", tried: () => unsealJson(keys, 'instrument/eve', sealed) },
    {
      what: 'the key is different',
      tried: () => unsealJson({ ...keys, kek: Buffer.alloc(32, 9) }, 'instrument/ann', sealed),
    },
    { what: 'one bit of the wrapped key is altered', tried: () => unseal(keys, 'instrument/ann', altered(sealed, 30)) },
    {
      what: 'one bit of the details is altered',
      tried: () => unseal(keys, 'instrument/ann', altered(sealed, sealed.length - 1)),
    },
    { what: 'the end is cut off', tried: () => unseal(keys, 'instrument/ann', sealed.subarray(0, -1)) },
    { what: 'there is nothing', tried: () => unseal(keys, 'instrument/ann', Buffer.alloc(0)) },
    {
      what: 'the wrapped key of another row is put before them',
      tried: () => {
        const other = seal(keys, 'instrument/eve', Buffer.from('{}'));
        return unseal(keys, 'instrument/ann', Buffer.concat([other.subarray(0, 60), sealed.subarray(60)]));
      },
    },
  ])('when $what then the vault stays shut', ({ tried }) => {
    expect(tried).toThrow(expect.objectContaining({ code: 'vault_cannot_open' }));
  });
});

describe('given the fingerprints of details', () => {
  it('then equal accounts have equal fingerprints, and different accounts differ', () => {
    expect(fingerprint(keys, 'bank/123').equals(fingerprint(keys, 'bank/123'))).toBe(true);
    expect(fingerprint(keys, 'bank/123').equals(fingerprint(keys, 'bank/124'))).toBe(false);
  });
  it('then nobody can compute one without the key', () => {
    const stranger = { ...keys, fingerprintKey: Buffer.alloc(32, 3) };
    expect(fingerprint(stranger, 'bank/123').equals(fingerprint(keys, 'bank/123'))).toBe(false);
  });
});

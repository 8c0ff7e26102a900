import { describe, expect, it } from 'vitest';

import {
  earn,
  expire,
  giveBack,
  type LotName,
  moveAll,
  NEVER,
  openWallet,
  takeBack,
  usableOn,
  use,
} from '../../../domain/earnings/lots.ts';

const lot = (earnedOn: string, expiresOn = NEVER, availableOn = earnedOn): LotName => ({
  earnedOn,
  availableOn,
  expiresOn,
});
const JANUARY = lot('2026-01-10', '2027-01-10');
const MARCH = lot('2026-03-10', '2027-03-10');
const TODAY = '2026-06-01';

function walletOf(...lots: readonly (readonly [LotName, bigint])[]) {
  const wallet = openWallet([], 0n);
  for (const [name, minor] of lots) earn(wallet, name, minor);
  return wallet;
}
const leftOf = ({ lots }: ReturnType<typeof walletOf>) => [...lots.values()].map(({ left }) => left);

describe('given points of two days', () => {
  it('when some are used then the oldest go first', () => {
    const wallet = walletOf([MARCH, 50n], [JANUARY, 100n]);
    expect(use(wallet, 120n, TODAY)).toEqual([
      { ...JANUARY, minor: -100n },
      { ...MARCH, minor: -20n },
    ]);
    expect(leftOf(wallet)).toEqual([30n, 0n]);
  });

  it('when more are wanted than can be used on that day then nothing is taken', () => {
    const wallet = walletOf([JANUARY, 100n], [lot('2026-05-30', NEVER, '2026-06-13'), 40n]);
    expect(usableOn(wallet, TODAY)).toBe(100n);
    expect(() => use(wallet, 101n, TODAY)).toThrow('only 100 of 101 points are available');
  });

  it('when their day has come then only those of that day expire, and are no longer available', () => {
    const wallet = walletOf([JANUARY, 100n], [MARCH, 50n]);
    expect(usableOn(wallet, '2027-01-10')).toBe(50n);
    expect(expire(wallet, '2027-01-10')).toEqual([{ ...JANUARY, minor: -100n }]);
    expect(expire(wallet, '2027-01-10')).toEqual([]);
  });

  it('when a sale of the later day is refunded then its own lot gives first, then the oldest, and the rest is a debt', () => {
    const wallet = walletOf([JANUARY, 100n], [MARCH, 50n]);
    use(wallet, 120n, TODAY);
    expect(takeBack(wallet, MARCH, 50n).entries).toEqual([{ ...MARCH, minor: -30n }]);
    expect(wallet.debt).toBe(20n);
  });

  it('when a debt is there then the next earnings fill it before they can be used', () => {
    const wallet = openWallet([], 20n);
    expect(earn(wallet, MARCH, 15n)).toEqual([]);
    expect(earn(wallet, MARCH, 15n)).toEqual([{ ...MARCH, minor: 10n }]);
    expect(wallet.debt).toBe(0n);
  });

  it('when points had expired unused and their sale is refunded then nothing else is taken for them', () => {
    const wallet = walletOf([JANUARY, 100n], [MARCH, 50n]);
    expire(wallet, '2027-01-10');
    const { entries, undone } = takeBack(wallet, JANUARY, 100n);
    expect(undone).toEqual([{ ...JANUARY, minor: 100n }]);
    expect(entries).toEqual([{ ...JANUARY, minor: -100n }]);
    expect(leftOf(wallet)).toEqual([0n, 50n]);
    expect(wallet.debt).toBe(0n);
  });
});

describe('given points that were used', () => {
  const used = () => {
    const wallet = walletOf([JANUARY, 100n], [MARCH, 50n]);
    return { wallet, entries: use(wallet, 120n, TODAY) };
  };

  it('when the use is cancelled then they are back in their lots with their old expiry', () => {
    const { wallet, entries } = used();
    expect(giveBack(wallet, entries, '2026-06-10').expired).toEqual([]);
    expect(leftOf(wallet)).toEqual([100n, 50n]);
  });

  it('when it is cancelled after one lot expired then the points of that lot stay expired', () => {
    const { wallet, entries } = used();
    expect(giveBack(wallet, entries, '2027-02-01').expired).toEqual([{ ...JANUARY, minor: -100n }]);
    expect(leftOf(wallet)).toEqual([0n, 50n]);
  });

  it('when there is a debt then the points that come back fill it first', () => {
    const { wallet, entries } = used();
    takeBack(wallet, JANUARY, 70n);
    expect(wallet.debt).toBe(40n);
    giveBack(wallet, entries, '2026-06-10');
    expect(wallet.debt).toBe(0n);
    expect(leftOf(wallet)).toEqual([60n, 20n]);
  });
});

describe('given a wallet that moves to another one', () => {
  const entriesOf = (...lots: readonly (readonly [LotName, bigint])[]) =>
    lots.map(([name, minor]) => ({ ...name, minor }));

  it('then its lots keep their days, and those of one day become one lot', () => {
    const [from, to] = [walletOf([MARCH, 50n], [JANUARY, 100n]), walletOf([MARCH, 7n])];
    expect(moveAll(from, to, TODAY)).toEqual({
      minor: 150n,
      given: entriesOf([JANUARY, -100n], [MARCH, -50n]),
      got: entriesOf([JANUARY, 100n], [MARCH, 50n]),
    });
    expect(use(to, 120n, TODAY)).toEqual(entriesOf([JANUARY, -100n], [MARCH, -20n]));
    expect(leftOf(from)).toEqual([0n, 0n]);
  });

  it('when the other one owes points then the oldest fill the debt', () => {
    const to = openWallet([], 120n);
    const moved = moveAll(walletOf([JANUARY, 100n], [MARCH, 50n]), to, TODAY);
    expect(moved).toMatchObject({ minor: 150n, got: entriesOf([MARCH, 30n]) });
    expect(to.debt).toBe(0n);
  });

  it('when it is a debt then it takes the oldest points, and the rest is owed', () => {
    const [from, to] = [openWallet([], 170n), walletOf([MARCH, 50n], [JANUARY, 100n])];
    expect(moveAll(from, to, TODAY)).toEqual({
      minor: -170n,
      given: [],
      got: entriesOf([JANUARY, -100n], [MARCH, -50n]),
    });
    expect([from.debt, to.debt]).toEqual([0n, 20n]);
  });

  it('when the day of some has come then they stay, and expire where they are', () => {
    const from = walletOf([JANUARY, 100n], [MARCH, 50n]);
    expect(moveAll(from, openWallet([], 0n), '2027-01-10')).toMatchObject({ minor: 50n });
    expect(expire(from, '2027-01-10')).toEqual(entriesOf([JANUARY, -100n]));
  });
});

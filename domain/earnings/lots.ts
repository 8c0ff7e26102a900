/** The points of a partner that were earned on one local day, and are available and expire together. Amounts are minor units. */
export type LotName = {
  readonly earnedOn: string;
  /** The local date from which they can be used. */
  readonly availableOn: string;
  /** The local date from which they can no longer be used, or NEVER. */
  readonly expiresOn: string;
};
export type Lot = LotName & {
  readonly left: bigint;
  /** The points of it that expired, less those whose sale was refunded afterwards. */
  readonly expired: bigint;
};
/** A change of one lot. */
export type LotEntry = LotName & { readonly minor: bigint };

/** It comes after every date, as text and in PostgreSQL. */
export const NEVER = 'infinity';

/** The points of a partner in one unit. A debt is there only when every lot is used up. */
export type Wallet = { readonly lots: Map<string, Lot>; debt: bigint };

export const lotKey = ({ earnedOn, availableOn, expiresOn }: LotName): string =>
  `${earnedOn}|${availableOn}|${expiresOn}`;

export const openWallet = (lots: readonly Lot[], debt: bigint): Wallet => ({
  lots: new Map(lots.map((lot) => [lotKey(lot), lot])),
  debt,
});

/** First in, first out: the day of earning decides, and then the day of expiry. */
const byAge = (one: LotName, other: LotName): number => compare(ageOf(one), ageOf(other));
const ageOf = ({ earnedOn, expiresOn, availableOn }: LotName): string => `${earnedOn}|${expiresOn}|${availableOn}`;
const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** Whether the points of a lot can be used on a local date. */
const isUsable = ({ availableOn, expiresOn }: LotName, today: string): boolean =>
  availableOn <= today && today < expiresOn;

const sum = (values: Iterable<bigint>): bigint => [...values].reduce((total, value) => total + value, 0n);

export const usableOn = ({ lots }: Wallet, today: string): bigint =>
  sum([...lots.values()].filter((lot) => isUsable(lot, today)).map(({ left }) => left));

const least = (one: bigint, other: bigint): bigint => (one < other ? one : other);

const nameOf = ({ earnedOn, availableOn, expiresOn }: LotName): LotName => ({ earnedOn, availableOn, expiresOn });

function put(wallet: Wallet, name: LotName, minor: bigint, expired = 0n): LotEntry {
  const known = wallet.lots.get(lotKey(name)) ?? { ...nameOf(name), left: 0n, expired: 0n };
  wallet.lots.set(lotKey(name), { ...known, left: known.left + minor, expired: known.expired + expired });
  return { ...nameOf(name), minor };
}

/** Adds points to a lot. A debt is filled first. */
export function earn(wallet: Wallet, name: LotName, minor: bigint): LotEntry[] {
  const filled = least(wallet.debt, minor);
  wallet.debt -= filled;
  return minor > filled ? [put(wallet, name, minor - filled)] : [];
}

function takeFrom(wallet: Wallet, lots: readonly Lot[], wanted: bigint): LotEntry[] {
  let missing = wanted;
  return lots.flatMap((lot) => {
    const taken = least(lot.left, missing);
    missing -= taken;
    return taken > 0n ? [put(wallet, lot, -taken)] : [];
  });
}

const oldestFirst = ({ lots }: Wallet, filter: (lot: Lot) => boolean): Lot[] =>
  [...lots.values()].filter(filter).toSorted(byAge);

const takenBy = (entries: readonly LotEntry[]): bigint => -sum(entries.map(({ minor }) => minor));

/**
 * Takes back points that an event no longer earns: from its own lot, then from the expired part of that lot, then from the oldest lots.
 * The rest becomes a debt. `undone` are points that had expired and count as taken back now.
 */
export function takeBack(
  wallet: Wallet,
  own: Omit<LotName, 'expiresOn'>,
  minor: bigint,
): { entries: LotEntry[]; undone: LotEntry[] } {
  const isOwn = ({ earnedOn, availableOn }: LotName) => earnedOn === own.earnedOn && availableOn === own.availableOn;
  const entries = takeFrom(wallet, oldestFirst(wallet, isOwn), minor);
  let missing = minor - takenBy(entries);
  const undone: LotEntry[] = [];
  for (const lot of oldestFirst(wallet, isOwn)) {
    const back = least(lot.expired, missing);
    if (back === 0n) continue;
    missing -= back;
    undone.push(put(wallet, lot, back, -back));
    entries.push(put(wallet, lot, -back));
  }
  const others = takeFrom(
    wallet,
    oldestFirst(wallet, () => true),
    missing,
  );
  wallet.debt += missing - takenBy(others);
  return { entries: [...entries, ...others], undone };
}

/** Uses points that are available on a local date, the oldest first. Throws RangeError where there are not enough of them. */
export function use(wallet: Wallet, minor: bigint, today: string): LotEntry[] {
  const entries = takeFrom(
    wallet,
    oldestFirst(wallet, (lot) => isUsable(lot, today)),
    minor,
  );
  if (takenBy(entries) !== minor) throw new RangeError(`only ${takenBy(entries)} of ${minor} points are available`);
  return entries;
}

/** Lets the points expire whose day has come. */
export const expire = (wallet: Wallet, today: string): LotEntry[] =>
  oldestFirst(wallet, ({ left, expiresOn }) => left > 0n && expiresOn <= today).map((lot) =>
    put(wallet, lot, -lot.left, lot.left),
  );

/**
 * Gives used points back to their lots, which keep their day of expiry. A debt is filled first, by those that can still be used. Those
 * whose day has passed stay expired: they come back and expire at once.
 */
export function giveBack(
  wallet: Wallet,
  used: readonly LotEntry[],
  today: string,
): { entries: LotEntry[]; expired: LotEntry[] } {
  const entries = used.flatMap(({ minor, ...name }) =>
    today < name.expiresOn ? earn(wallet, name, -minor) : [put(wallet, name, -minor)],
  );
  const expired = used
    .filter(({ expiresOn }) => expiresOn <= today)
    .map(({ minor, ...name }) => put(wallet, name, minor, -minor));
  return { entries, expired };
}

/**
 * Moves the points of a wallet to another one, the oldest first. They keep their days, and fill a debt there first. A debt moves too, and
 * takes the oldest points there. Points whose day has come stay, and expire where they are. `minor` is below zero for a debt.
 */
export function moveAll(
  from: Wallet,
  to: Wallet,
  today: string,
): { minor: bigint; given: LotEntry[]; got: LotEntry[] } {
  const { debt } = from;
  if (debt > 0n) {
    from.debt = 0n;
    const got = takeFrom(
      to,
      oldestFirst(to, () => true),
      debt,
    );
    to.debt += debt - takenBy(got);
    return { minor: -debt, given: [], got };
  }
  const given = oldestFirst(from, ({ left, expiresOn }) => left > 0n && today < expiresOn).map((lot) =>
    put(from, lot, -lot.left),
  );
  const got = given.flatMap(({ minor, ...name }) => earn(to, name, -minor));
  return { minor: takenBy(given), given, got };
}

/** The earnings of a program are worked out by several workers at once, each for its share of the partners. */
export const SHARDS = 4;

export const shardOf = (partnerId: bigint): number => Number(partnerId % BigInt(SHARDS));

/** The partners of a program whose earnings one worker works out. */
export type Shard = { readonly program: string; readonly shard: number };

/** Each share once. */
export const distinctShards = (shards: readonly Shard[]): Shard[] => [
  ...new Map(shards.map((one) => [`${one.program}/${one.shard}`, one])).values(),
];

/** The provider committed and we did not hear of it, or it did not and we cannot tell. */
export const UNCLEAR = [
  'commit-then-drop',
  'commit-then-hang',
  'commit-then-cut-body',
  'commit-then-502',
  '500-before-commit',
  'drop-before-commit',
] as const;

/** The name of the rungs that a ladder gives from a day on. Events wait for it by this name. */
export const rungName = (fact: string, from: string): string => `${fact} ${from}`;

export function readRungName(name: string): { readonly fact: string; readonly from: string } {
  const [fact = '', from = ''] = name.split(' ');
  return { fact, from };
}

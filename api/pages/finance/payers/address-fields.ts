import type { FieldWish } from '../../form.ts';

/** The fields of a postal address below a name such as `address`, each required or only `sometimes`. */
export const addressFields = (below: string, required: true | 'sometimes' = true): FieldWish[] => [
  { name: `${below}.line1`, label: 'Street and number', required, lengthMax: 100 },
  { name: `${below}.line2`, label: 'Rest of the street address', lengthMax: 100 },
  { name: `${below}.city`, label: 'City', required, lengthMax: 100 },
  { name: `${below}.region`, label: 'State or region', help: 'In the US its two letters', required, lengthMax: 100 },
  { name: `${below}.postalCode`, label: 'Postal code', required, lengthMax: 20 },
  {
    name: `${below}.country`,
    label: 'Country of the address',
    help: 'Two letters, such as US',
    required,
    lengthMax: 2,
  },
];

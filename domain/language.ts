/** The languages in which Bursar speaks to people. */
export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

export const isLanguage = (text: unknown): text is Language => LANGUAGES.some((language) => language === text);

/** The language that a browser wants most of ours, by its header Accept-Language (RFC 9110, 12.5.4). English where it wants none. */
export function languageFrom(header: string | undefined): Language {
  const wishes = (header ?? '').split(',').map((wish) => {
    const [range = '', ...parameters] = wish.split(';').map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    return { language: range.toLowerCase().split('-')[0], weight: weight === undefined ? 1 : Number(weight) };
  });
  const best = wishes
    .filter(({ language, weight }) => isLanguage(language) && weight > 0)
    .toSorted((one, other) => other.weight - one.weight)[0]?.language;
  return isLanguage(best) ? best : 'en';
}

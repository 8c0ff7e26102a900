import type { Translation } from '../../message.ts';
import type { STANDING_EN } from '../en/standing.ts';

export const STANDING_DE: Translation<typeof STANDING_EN> = {
  'standing.noQuota': '{volume}. Für diesen Zeitraum ist noch kein Ziel gesetzt. Er ist deshalb noch nichts wert.',
  'standing.share': '{volume} sind {share} dessen, was alle Partner erreicht haben, die sich den Topf teilen; {worth}.',
  'standing.plain': '{volume}; {worth}.',
  'standing.worth': 'das ergibt {amount}',
  'standing.worthSoFar': 'das ergibt bisher {amount}',
  'standing.next': '{reached}. Noch {missing} bis zur nächsten Stufe.',
  'standing.nextBy': '{reached}. Noch {missing} bis zum {day} für die nächste Stufe.',
  'standing.nextWorth': '{reached}. Mit weiteren {missing} ergibt das {worth}.',
  'standing.nextWorthBy': '{reached}. Mit weiteren {missing} bis zum {day} ergibt das {worth}.',
  'standing.of': '{volume} von {goal}',
  'standing.noReading': 'Es gibt noch keinen Wert für {reading}',
  'standing.ofQuota': '{volume} sind {part} des Ziels von {quota}',
  'standing.unpaid': 'Das Budget {budget} reichte nicht: {amount} davon wurden nicht gezahlt.',
  'standing.agreed': '{volume}. Ihre Einstufung ({fact}) ist wie vereinbart ab dem {day}: {value}.',
  'standing.top': '{volume}. Damit sind Sie ab dem {day}: {value}.',
  'standing.rung': '{volume} von {goal}. Mit weiteren {missing} bis zum {last} sind Sie ab dem {day}: {value}.',
};

import { BODIES, type Mail, type NotificationKind, type Templates } from './notification.ts';
import { FINANCE_TEMPLATES } from './templates/finance.ts';
import { OPERATORS_TEMPLATES } from './templates/operators.ts';
import { PARTNER_TEMPLATES } from './templates/partner.ts';

/** Every kind has a template. A new kind does not compile until it has one. */
const TEMPLATES: Templates<NotificationKind> = { ...PARTNER_TEMPLATES, ...FINANCE_TEMPLATES, ...OPERATORS_TEMPLATES };

const isKind = (kind: string): kind is NotificationKind => kind in BODIES;

/** Writes a stored notification as e-mail. Throws if its body does not fit its kind. */
export function compose(kind: string, body: unknown): Mail {
  if (!isKind(kind)) throw new RangeError(`there is no notification of kind ${kind}`);
  const render = TEMPLATES[kind] as (parsed: unknown) => Mail;
  return render(BODIES[kind].parse(body));
}

import type { Visitor } from '../../../../db/people/sessions.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { tabs } from '../../components.ts';
import type { Html } from '../../html.ts';

const TABS = [
  ['Tasks', '/tasks'],
  ['Failed payouts', '/failures'],
  ['Calls', '/calls'],
  ['Alarms', '/alarms'],
  ['Gateways', '/gateways'],
] as const;

/** The places where work for people stands. */
export const workTabs = (here: (typeof TABS)[number][1], { roles }: Visitor): Html =>
  tabs(
    'Work for people',
    TABS.filter(([, path]) => mayUse(roles, `GET ${path}`)),
    here,
  );

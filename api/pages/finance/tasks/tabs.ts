import type { Visitor } from '../../../../db/people/sessions.ts';
import { mayOpen } from '../../../http/within-reach.ts';
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
export const workTabs = (here: (typeof TABS)[number][1], visitor: Visitor): Html =>
  tabs(
    'Work for people',
    TABS.filter(([, path]) => mayOpen(visitor, `GET ${path}`)),
    here,
  );

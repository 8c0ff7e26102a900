import { randomUUID } from 'node:crypto';

import { type Context, Hono } from 'hono';

import type { HttpEnv } from '../faults.ts';
import { textOf, writtenOf } from '../json.ts';
import type { StandIn } from '../site.ts';
import { funding } from './transfer-routes.ts';
import { showTransfer, type Transfer } from './transfer.ts';
import { isRefusal, type Transfers } from './transfers.ts';
import { answer, bodyOf, complaint, exact } from './wire.ts';

const TRANSFERS_MAX = 1_000;
const NAME_MAX = 100;

type Group = {
  id: string;
  profile: string;
  name: string;
  sourceCurrency: string;
  status: 'NEW' | 'COMPLETED' | 'CANCELLED';
  version: string;
  isFunded: boolean;
};

const missing = (c: Context) => answer(c, complaint('batch-group.not-found', 'There is no such batch group'), 404);
const refused = (c: Context, code: string, message: string) => answer(c, complaint(code, message), 422);

/** Batch groups are filled while NEW, closed by COMPLETED, and then funded all at once. */
export function batchRoutes({ books, random }: StandIn, transfers: Transfers) {
  const groups = books.table<Group>('batch-group');
  const membersOf = new Map<string, string[]>();
  for (const { id, batchId } of transfers.all()) if (batchId) addMember(batchId, id);
  const app = new Hono<HttpEnv>();

  function addMember(groupId: string, transferId: string) {
    const members = membersOf.get(groupId) ?? [];
    membersOf.set(groupId, members);
    members.push(transferId);
  }

  /** Wise's versions are signed numbers in no order. They change with every change of the group. */
  const newVersion = () => String(Math.floor((random() - 0.5) * 2_000_000_000));
  const listMembers = (group: Group) => (membersOf.get(group.id) ?? []).flatMap((id) => transfers.get(id) ?? []);

  const show = (group: Group) => ({
    id: group.id,
    version: exact(group.version),
    name: group.name,
    sourceCurrency: group.sourceCurrency,
    status: group.status,
    transferIds: (membersOf.get(group.id) ?? []).map(exact),
    payInDetails: [],
  });

  app.post('/profiles/:profile/batch-groups', async (c) => {
    const body = await bodyOf(c);
    const [name = '', sourceCurrency = ''] = [textOf(body['name']), textOf(body['sourceCurrency'])];
    if (!name || name.length > NAME_MAX)
      return refused(c, 'NOT_VALID', `The name must have 1 to ${NAME_MAX} characters`);
    if ([...groups.all()].some((group) => group.name === name))
      return refused(c, 'NOT_VALID', 'The name was used before');
    const profile = c.req.param('profile');
    const fresh = { id: randomUUID(), status: 'NEW', version: newVersion(), isFunded: false } as const;
    return answer(c, show(groups.put({ ...fresh, profile, name, sourceCurrency })), 201);
  });

  app.get('/profiles/:profile/batch-groups/:id', (c) => {
    const group = groups.get(c.req.param('id'));
    return group ? answer(c, show(group)) : missing(c);
  });

  app.post('/profiles/:profile/batch-groups/:id/transfers', async (c) => {
    const body = await bodyOf(c);
    const group = groups.get(c.req.param('id'));
    if (!group) return missing(c);
    if (group.status !== 'NEW')
      return refused(c, 'validation.failure.group.incompatible.state', `The group is ${group.status}`);
    if ((membersOf.get(group.id)?.length ?? 0) >= TRANSFERS_MAX)
      return refused(c, 'NOT_VALID', `A group has at most ${TRANSFERS_MAX} transfers`);
    const made = transfers.create(body, group.id);
    if (isRefusal(made)) return answer(c, made.refusal, made.status);
    if (made.isNew) {
      addMember(group.id, made.transfer.id);
      groups.change(group.id, { version: newVersion() });
    }
    return answer(c, showTransfer(made.transfer));
  });

  app.patch('/profiles/:profile/batch-groups/:id', async (c) => {
    const body = await bodyOf(c);
    const group = groups.get(c.req.param('id'));
    if (!group) return missing(c);
    if (writtenOf(body['version']) !== group.version)
      return answer(c, complaint('batch-group.version-conflict', 'The group has changed'), 409);
    if (group.status !== 'NEW')
      return refused(c, 'validation.failure.group.incompatible.state', `The group is ${group.status}`);
    if (body['status'] === 'COMPLETED')
      return answer(c, show(groups.change(group.id, { status: 'COMPLETED', version: newVersion() })));
    if (body['status'] !== 'CANCELLED') return refused(c, 'NOT_VALID', 'Unknown status');
    listMembers(group).forEach(transfers.cancel);
    return answer(c, show(groups.change(group.id, { status: 'CANCELLED', version: newVersion() })));
  });

  const isWaiting = (transfer: Transfer) => !transfer.isFunded && transfer.state === 'incoming_payment_waiting';

  app.post('/profiles/:profile/batch-payments/:id/payments', async (c) => {
    const body = await bodyOf(c);
    const group = groups.get(c.req.param('id'));
    if (!group) return missing(c);
    if (body['type'] !== 'BALANCE') return refused(c, 'NOT_VALID', 'type must be BALANCE');
    if (group.status !== 'COMPLETED' || group.isFunded) return answer(c, funding('transfer.invalid-state'), 422);
    const members = listMembers(group).filter(isWaiting);
    if (!transfers.canAfford(members)) return answer(c, { id: group.id, ...funding('transfer.insufficient_funds') });
    groups.change(group.id, { isFunded: true, version: newVersion() });
    members.forEach(transfers.fund);
    return answer(c, { id: group.id, ...funding(null, members[0]?.id ?? '0') });
  });

  return app;
}

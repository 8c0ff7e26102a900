import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { PAGE_ROUTES, mayUse } from '../../api/http/page-permissions.ts';
import { type Role, ROLES } from '../../domain/people/role.ts';
import { type Api, setUpShop, startApi } from '../api/api.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { ORIGIN, signIn } from './site.ts';

let api: Api;
const cookies = new Map<Role | 'nobody', string>();
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann']);
  const { id } = await getPartner(api.db, 'ann');
  for (const role of ROLES)
    cookies.set(role, (await signIn(api, `page-${role}`, role, role === 'partner' ? id : null)).token);
});
afterAll(() => api.stop());

const ask = (route: string, cookie: string) => {
  const [method = '', path = ''] = route.split(' ');
  return api.app.request(path.replaceAll(/\{\w+\}/g, randomUUID()), {
    method,
    headers: {
      cookie: `__Host-session=${cookie}`,
      origin: ORIGIN,
      'content-type': 'application/x-www-form-urlencoded',
    },
    ...(method === 'POST' ? { body: '' } : {}),
  });
};

/** A page that is not for the person, or about a thing that is not there, is not found. Both answers say so. */
const saysNothingForYou = async (response: Response): Promise<boolean> =>
  response.status === 404 && (await response.text()).includes('There is nothing for you');

describe('given every page and every role', () => {
  it.each(PAGE_ROUTES.filter((route) => route !== 'POST /sign-out'))(
    'when %s is asked for then only the roles of the table are let in',
    async (route) => {
      for (const role of ROLES)
        expect(!(await saysNothingForYou(await ask(route, cookies.get(role) ?? ''))), role).toBe(mayUse([role], route));
    },
  );

  it.each(PAGE_ROUTES)('when %s is asked for without a session then nothing is shown or done', async (route) => {
    const response = await ask(route, 'x'.repeat(43));
    if (route.startsWith('GET')) expect(response.headers.get('location')).toMatch(/^\/sign-in\?next=/);
    else expect(response.status).toBe(401);
  });
});

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { getPartner } from '../../../db/partners/partners.ts';
import { go, list, say } from '../../../domain/tasks/notice-content.ts';
import { openOwner, tamper } from '../../fixtures/database.ts';
import { openVisitor } from '../../fixtures/passkey.ts';
import { type Api, setUpShop, startApi } from '../api.ts';

type Item = { id: string; subject: string; text: string; path: string | null; isRead: boolean };

let api: Api;
const keys: Record<string, string> = {};
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
  const owner = await openOwner(api.url);
  for (const code of ['ann', 'bob']) {
    const { id } = await getPartner(api.db, code);
    keys[code] = (await api.newKey('partner', id)).key;
    const content = {
      subject: `A notice to ${code}`,
      parts: [say('It expired.'), list('Days', ['Monday']), go('Look', `/portal/${code}`)],
    };
    for (const n of [1, 2])
      await tamper(
        owner,
        sql.unsafe`
          insert into notification(dedupe_key, kind, audience, partner_id, body, content, told_at)
          values (${`${code}/${n}`}, 'deal_changed', 'partner', ${id}, '{}', ${JSON.stringify(content)}::jsonb, now())`,
      );
  }
  await owner.end();
  keys['approver'] = (await api.newKey('approver')).key;
});
afterAll(() => api.stop());

const read = async (who: string, query = ''): Promise<{ items: Item[]; nextCursor: string | null }> =>
  (await api.ask('GET', `/v1/me/notices${query}`, { key: keys[who] ?? '' })).body as never;
const post = async (who: string, path: string) =>
  (await api.ask('POST', `/v1/me/notices${path}`, { key: keys[who] ?? '' })).status;

describe('given notices to two partners', () => {
  it('when one of them lists theirs then the list is in pages, and has their own alone', async () => {
    const first = await read('ann', '?limit=1');
    expect(first.items).toMatchObject([
      { subject: 'A notice to ann', text: 'It expired.\nDays\nMonday', path: '/portal/ann', isRead: false },
    ]);
    const second = await read('ann', `?limit=1&cursor=${first.nextCursor}`);
    expect(second.items[0]?.id).not.toBe(first.items[0]?.id);
    expect(second.nextCursor).toBeNull();
    expect((await read('approver')).items).toEqual([]);
  });

  it('when they mark one as read then another person cannot, and the portal shows it read as well', async () => {
    const [newest] = (await read('ann')).items;
    expect(await post('bob', `/${newest?.id}/read`)).toBe(404);
    expect(await post('approver', `/${newest?.id}/read`)).toBe(404);
    expect(await post('ann', `/${newest?.id}/read`)).toBe(200);
    expect((await read('ann')).items.map(({ isRead }) => isRead)).toEqual([true, false]);
    expect(await post('ann', '/read')).toBe(200);
    expect((await read('ann')).items.map(({ isRead }) => isRead)).toEqual([true, true]);
    expect((await read('bob')).items.map(({ isRead }) => isRead)).toEqual([false, false]);
  });

  it('when a person reads them in the portal then the marks are theirs alone', async () => {
    const bea = await openVisitor(api, 'bea', ['partner'], { partnerId: (await getPartner(api.db, 'bob')).id });
    await bea.post('/portal/bob/notices/read');
    expect((await read('bob')).items.map(({ isRead }) => isRead)).toEqual([false, false]);
  });
});

/** Opens a bank account at Lob and verifies it. In a test environment any two amounts are accepted. Lob needs an account to write a check. */
export async function openLobAccount(baseUrl: string, apiKey: string, accountNumber: string): Promise<string> {
  const headers = {
    authorization: `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`,
    'content-type': 'application/json',
  };
  const post = async (path: string, body: object) => {
    const answer = await fetch(`${baseUrl}/v1/bank_accounts${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`Lob opened no bank account: HTTP ${answer.status}`);
    return (await answer.json()) as { id: string };
  };
  const { id } = await post('', {
    routing_number: '021000021',
    account_number: accountNumber,
    account_type: 'company',
    signatory: 'A. Acme',
  });
  await post(`/${id}/verify`, { amounts: [11, 35] });
  return id;
}

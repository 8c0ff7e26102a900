/** The token in the link with which a person takes their key. */
const TOKEN = /^bsc_[A-Za-z0-9_-]{43}$/;

export const formatClaimToken = (secret: Uint8Array): string => `bsc_${Buffer.from(secret).toString('base64url')}`;

/** Whether a text has the form of our tokens. */
export const isClaimToken = (text: string): boolean => TOKEN.test(text);

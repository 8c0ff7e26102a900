import { except } from 'hono/combine';
import { secureHeaders } from 'hono/secure-headers';

const NONE = ["'none'"];
const SELF = ["'self'"];
/** Pages load their own files alone, without inline styles or scripts, and no other page frames them. */
const PAGE_POLICY = {
  defaultSrc: NONE,
  scriptSrc: SELF,
  styleSrc: SELF,
  imgSrc: SELF,
  connectSrc: SELF,
  formAction: SELF,
  baseUri: NONE,
  frameAncestors: NONE,
};

/** The reference page styles itself with inline styles and shows its own pictures; nothing comes from elsewhere. */
const REFERENCE_POLICY = {
  defaultSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  frameAncestors: ["'none'"],
};

export const referenceHeaders = secureHeaders({ contentSecurityPolicy: REFERENCE_POLICY });
/** The headers of everything but the reference, which has its own. */
export const pageHeaders = except(['/docs', '/docs/*'], secureHeaders({ contentSecurityPolicy: PAGE_POLICY }));

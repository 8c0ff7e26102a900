import type { Database } from '../../db/database.ts';
import type { Membership } from '../../db/partners/agreements.ts';
import { listPartnerFacts } from '../../db/partners/facts.ts';
import { listPartnersNamed } from '../../db/partners/partners.ts';
import { listProgramsNamed, type Program } from '../../db/programs/programs.ts';
import { Failure } from '../../domain/errors.ts';
import { whyNotEligible } from '../../domain/programs/eligibility.ts';

/** A partner who joins a program on a local day. */
export type Joining = Membership & { readonly day: string };

/** Throws Failure `invalid_input` with every reason why a partner may not join a program. */
export async function refuseIneligible(db: Database, joinings: readonly Joining[]): Promise<void> {
  const programs = await listProgramsNamed(
    db,
    joinings.map(({ program }) => program),
  );
  const choosy = new Map(programs.filter(isChoosy).map((program) => [program.code, program]));
  const asked = joinings.filter(({ program }) => choosy.has(program));
  if (asked.length === 0) return;
  const partners = await listPartnersNamed(
    db,
    asked.map(({ partner }) => partner),
  );
  const facts = Map.groupBy(
    await listPartnerFacts(
      db,
      partners.map(({ id }) => id),
    ),
    ({ partnerId }) => partnerId,
  );
  const applicants = new Map(
    partners.map((partner) => [partner.code, { ...partner, facts: facts.get(partner.id) ?? [] }]),
  );
  const details = asked.flatMap(({ partner, program, day }) => {
    const [applicant, admission] = [applicants.get(partner), choosy.get(program)];
    if (!applicant || !admission) return [];
    return whyNotEligible(applicant, admission, day).map((reason) => ({
      field: 'program',
      reason: `${partner} cannot join ${program}: ${partner} ${reason}`,
    }));
  });
  if (details.length > 0)
    throw new Failure(
      'invalid_input',
      'A partner may not join a program. Nothing was changed. Record what is missing, or choose another program or day.',
      { details },
    );
}

const isChoosy = ({ partnerKinds, eligibility: { needs, territories } }: Program): boolean =>
  partnerKinds.length + needs.length + territories.length > 0;

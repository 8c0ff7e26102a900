import type { Hono } from 'hono';

import type { ApiDeps, ApiEnv } from '../http/deps.ts';
import { serveAsset } from './assets.ts';
import { ledgerPages } from './finance/books/ledger.ts';
import { journalPages } from './finance/books/journals.ts';
import { reconciliationPages } from './finance/books/reconciliation.ts';
import { auditPages } from './finance/books/audit.ts';
import { auditedMonthPages } from './finance/books/audited-months.ts';
import { balanceReportPages } from './finance/books/report-balances.ts';
import { costReportPages } from './finance/books/report-costs.ts';
import { payoutReportPages } from './finance/books/report-payouts.ts';
import { reportPages } from './finance/books/reports.ts';
import { searchPages } from './finance/books/search.ts';
import { changeSchedulePages } from './finance/payers/change-schedule.ts';
import { newSchedulePages } from './finance/payers/new-schedule.ts';
import { payerFormPages } from './finance/payers/payer-forms.ts';
import { payerGatewayPages } from './finance/payers/payer-gateway.ts';
import { payerPages } from './finance/payers/payers.ts';
import { schedulePages } from './finance/payers/schedules.ts';
import { newPolicyPages } from './finance/programs/new-policy.ts';
import { policyPages } from './finance/programs/policies.ts';
import { lossPages } from './finance/people/losses.ts';
import { newRolePages } from './finance/people/new-role.ts';
import { peoplePages } from './finance/people/people.ts';
import { personPages } from './finance/people/person.ts';
import { rolePages } from './finance/people/roles.ts';
import { settingsPages } from './finance/people/settings.ts';
import { correctionFilePages } from './finance/earnings/correction-file.ts';
import { conversionPages } from './finance/earnings/conversions.ts';
import { correctionPages } from './finance/earnings/corrections.ts';
import { newConversionPages } from './finance/earnings/new-conversion.ts';
import { newCorrectionPages } from './finance/earnings/new-correction.ts';
import { eventPage } from './finance/earnings/event.ts';
import { importPages } from './finance/earnings/imports.ts';
import { ineligiblePages } from './finance/earnings/ineligible.ts';
import { parkedPages } from './finance/earnings/parked.ts';
import { quarantinePages } from './finance/earnings/quarantine.ts';
import { reRatingPages } from './finance/earnings/re-ratings.ts';
import { reRatingFormPages } from './finance/earnings/re-rating-forms.ts';
import { setAsidePages } from './finance/earnings/set-aside.ts';
import { eventPages } from './finance/earnings/events.ts';
import { backTestPages } from './finance/programs/back-test.ts';
import { detailsRulePages } from './finance/programs/details-rule.ts';
import { budgetPages } from './finance/programs/budgets.ts';
import { ladderPages } from './finance/programs/ladders.ts';
import { newProgramPages } from './finance/programs/new-program.ts';
import { unitPages } from './finance/programs/units.ts';
import { planEditorPages } from './finance/programs/editor.ts';
import { planPages } from './finance/programs/plan.ts';
import { programPages } from './finance/programs/programs.ts';
import { payoutCausePages } from './finance/payouts/causes.ts';
import { claimPages } from './finance/earnings/claims.ts';
import { closeDealPages } from './finance/earnings/close-deals.ts';
import { decideDealPages } from './finance/earnings/deals.ts';
import { questionPages } from './finance/earnings/questions.ts';
import { requestPages } from './finance/earnings/requests.ts';
import { financeStatementPages } from './finance/books/statements.ts';
import { checkPages } from './finance/checks/check.ts';
import { exceptionPages } from './finance/checks/exceptions.ts';
import { gatewayPages } from './finance/payers/gateways.ts';
import { failurePages } from './finance/payouts/failures.ts';
import { followPages } from './finance/payouts/follow.ts';
import { payoutPages } from './finance/payouts/payouts.ts';
import { payoutPage } from './finance/payouts/payout.ts';
import { partnerAgreementPages } from './finance/partners/agreements.ts';
import { partnerCallPages } from './finance/partners/calls.ts';
import { partnerChangePages } from './finance/partners/change.ts';
import { partnerDetailPages } from './finance/partners/details.ts';
import { newDetailsPages } from './finance/partners/new-details.ts';
import { newPartnerPages } from './finance/partners/new-partner.ts';
import { partnerNotePages } from './finance/partners/notes.ts';
import { partnerPage } from './finance/partners/partner.ts';
import { partnerListPages } from './finance/partners/partners.ts';
import { partnerStatementPages } from './finance/partners/statement.ts';
import { waitingCallPages } from './finance/partners/waiting-calls.ts';
import { partnerUserPages } from './finance/partners/users.ts';
import { runActionPages } from './finance/runs/actions.ts';
import { approvalPages } from './finance/runs/approval.ts';
import { reviewPages } from './finance/runs/review.ts';
import { newRunPages } from './finance/runs/new-run.ts';
import { runPages } from './finance/runs/runs.ts';
import { staffNoticePages } from './finance/tasks/notices.ts';
import { alarmPages } from './finance/tasks/alarms.ts';
import { mailedPages } from './finance/tasks/mailed.ts';
import { resolvePages } from './finance/tasks/resolve.ts';
import { taskPage } from './finance/tasks/task.ts';
import { taskPages } from './finance/tasks/tasks.ts';
import { webhookPage } from './finance/tasks/webhook.ts';
import { webhookPages } from './finance/tasks/webhooks.ts';
import { todayPages } from './finance/tasks/today.ts';
import { definePages } from './guard.ts';
import { statementPages } from './partner/books/statements.ts';
import { ownClaimPages } from './partner/earnings/claims.ts';
import { dealPages } from './partner/earnings/deals.ts';
import { earningPages } from './partner/earnings/earnings.ts';
import { pointsPages } from './partner/earnings/points.ts';
import { ownQuestionPages } from './partner/earnings/questions.ts';
import { ownRequestPages } from './partner/earnings/requests.ts';
import { contactPages } from './partner/partners/contact.ts';
import { detailPages } from './partner/partners/details.ts';
import { newDetailPages } from './partner/partners/new-details.ts';
import { userPages } from './partner/partners/users.ts';
import { homePages } from './partner/payouts/home.ts';
import { ownPayoutPages } from './partner/payouts/payouts.ts';
import { definePortal } from './partner/portal.ts';
import { ownNoticePages } from './partner/tasks/notices.ts';
import { accountPages } from './people/account.ts';
import { contactLinkPages } from './people/contact-links.ts';
import { identityPages } from './people/identities.ts';
import { noticeChoicePages } from './people/notice-choices.ts';
import { passkeyPages } from './people/passkeys.ts';
import { providerPages } from './people/provider.ts';
import { signInPages } from './people/sign-in.ts';

/** Every page, and what the pages load. */
export function pages(deps: ApiDeps): Hono<ApiEnv> {
  const site = definePages(deps);
  for (const add of [
    signInPages,
    contactLinkPages,
    providerPages,
    accountPages,
    passkeyPages,
    identityPages,
    todayPages,
    staffNoticePages,
    webhookPages,
    webhookPage,
    noticeChoicePages,
    runPages,
    newRunPages,
    reviewPages,
    approvalPages,
    runActionPages,
    payoutPages,
    payoutPage,
    payoutCausePages,
    eventPages,
    eventPage,
    importPages,
    quarantinePages,
    parkedPages,
    ineligiblePages,
    setAsidePages,
    newCorrectionPages,
    correctionFilePages,
    correctionPages,
    conversionPages,
    newConversionPages,
    reRatingFormPages,
    reRatingPages,
    programPages,
    newProgramPages,
    budgetPages,
    unitPages,
    ladderPages,
    detailsRulePages,
    planPages,
    planEditorPages,
    backTestPages,
    decideDealPages,
    closeDealPages,
    requestPages,
    claimPages,
    questionPages,
    followPages,
    failurePages,
    taskPages,
    taskPage,
    resolvePages,
    mailedPages,
    checkPages,
    exceptionPages,
    alarmPages,
    gatewayPages,
    reconciliationPages,
    financeStatementPages,
    ledgerPages,
    journalPages,
    reportPages,
    payoutReportPages,
    costReportPages,
    balanceReportPages,
    auditedMonthPages,
    auditPages,
    partnerListPages,
    partnerPage,
    partnerStatementPages,
    newPartnerPages,
    newDetailsPages,
    partnerChangePages,
    partnerAgreementPages,
    partnerDetailPages,
    partnerNotePages,
    partnerUserPages,
    partnerCallPages,
    waitingCallPages,
    searchPages,
    settingsPages,
    policyPages,
    newPolicyPages,
    payerPages,
    payerFormPages,
    payerGatewayPages,
    schedulePages,
    changeSchedulePages,
    newSchedulePages,
    peoplePages,
    personPages,
    rolePages,
    lossPages,
    newRolePages,
  ])
    add(deps, site);
  const portal = definePortal(deps, site);
  for (const add of [
    homePages,
    earningPages,
    pointsPages,
    dealPages,
    ownRequestPages,
    ownClaimPages,
    ownQuestionPages,
    ownPayoutPages,
    statementPages,
    newDetailPages,
    contactPages,
    detailPages,
    ownNoticePages,
    userPages,
  ])
    add(deps, portal);
  site.app.get('/assets/:name', serveAsset);
  return site.app;
}

"""The default plans, and what is made of them, for tests that need some plans."""

from shared.adapters.default_plans import default_plans
from shared.domain.billing.entitlements import BillingTerms
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.usecases.limits.check_limits import Thresholds

PLANS = default_plans()
FREE, STARTER, PROFESSIONAL, ENTERPRISE = PLANS.plans
TERMS = BillingTerms(PLANS)


def current_plans() -> PlanCatalog:
    return PLANS


THRESHOLDS = Thresholds(80, 100, current_plans)

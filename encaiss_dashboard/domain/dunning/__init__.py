"""Reminders: what was agreed, which step each invoice has reached, what one debtor is sent, and why not."""

from encaiss_dashboard.domain.dunning.defaults import PLANS, Named, named_for
from encaiss_dashboard.domain.dunning.holds import Held, HoldReason
from encaiss_dashboard.domain.dunning.instalments import INSTALMENT, InstalmentNotice
from encaiss_dashboard.domain.dunning.plan import COURTESY, DEFAULT_PLAN, Plan, Step, StepCode, with_courtesy
from encaiss_dashboard.domain.dunning.planning import (
    Planned,
    StatementLine,
    last_step,
    next_action,
    plan_debtor,
)
from encaiss_dashboard.domain.dunning.reaching import ORDINARY, OpenInvoice, Standing, StepDone, lawful_from
from encaiss_dashboard.domain.dunning.reasons import (
    Trigger,
    Why,
    why,
    why_in_plan,
    why_instalment,
    why_line,
)

__all__ = [
    "COURTESY",
    "DEFAULT_PLAN",
    "INSTALMENT",
    "ORDINARY",
    "PLANS",
    "Held",
    "HoldReason",
    "InstalmentNotice",
    "Named",
    "OpenInvoice",
    "Plan",
    "Planned",
    "Standing",
    "StatementLine",
    "Step",
    "StepCode",
    "StepDone",
    "Trigger",
    "Why",
    "last_step",
    "lawful_from",
    "named_for",
    "next_action",
    "plan_debtor",
    "why",
    "why_in_plan",
    "why_instalment",
    "why_line",
    "with_courtesy",
]

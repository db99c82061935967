"""What is sent and answered, as the OpenAPI document has it.

The descriptions are keys of the catalogue; those of the shapes themselves follow from their names.

Texts of an item are not narrowed here: what one says wrongly is a problem of that item alone, told by the
rules that check a row of a file (adapters/invoice_files). What is no text at all fails as a whole.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

ITEMS_MAX: Final = 10_000
_STRICT: Final = ConfigDict(extra="forbid", strict=True)

OnChange = Literal["report", "apply"]
OnDoubt = Literal["refuse", "new"]


def _text(key: str, *examples: str) -> Any:
    return Field(None, description=f"api.field_{key}", examples=list(examples) or None)


class Debtor(BaseModel):
    """Who owes an invoice."""

    model_config = _STRICT

    name: str | None = _text("debtor_name", "Moulin Clair SA")
    number: str | None = _text("debtor_number", "C-0042")
    vat_number: str | None = _text("vat_number", "BE0202239951")
    endpoint: str | None = _text("endpoint", "0208:0202239951")
    email: str | None = _text("email", "compta@moulin.example")
    language: str | None = _text("language", "fr")
    address: str | None = _text("address", "Rue du Moulin 7")
    postcode: str | None = _text("postcode", "5590")
    city: str | None = _text("city", "Ciney")
    country: str | None = _text("country", "BE")
    iban: str | None = _text("iban", "BE68539007547034")


class Invoice(BaseModel):
    """One invoice or credit note."""

    model_config = _STRICT

    number: str = Field(description="api.field_number", examples=["2026-0412"])
    kind: Literal["invoice", "credit_note"] = Field("invoice", description="api.field_kind")
    issue: str = Field(description="api.field_issue", examples=["2026-11-03"])
    due: str | None = _text("due", "2026-12-03")
    term: str | None = _text("term", "NET_30")
    currency: str | None = _text("currency", "EUR")
    total: str = Field(description="api.field_total", examples=["1234.56"])
    vat: str | None = _text("vat", "214.26")
    paid: str | None = _text("paid", "0.00")
    reference: str | None = _text("reference", "+++123/4567/89002+++")
    credited: str | None = _text("credited")
    debtor: Debtor = Field(description="api.field_debtor")


class Push(BaseModel):
    """What is sent as JSON."""

    model_config = _STRICT

    invoices: list[Invoice] = Field(min_length=1, max_length=ITEMS_MAX, description="api.field_invoices")
    dry_run: bool = Field(default=False, description="api.field_dry_run")
    on_change: OnChange = Field("report", description="api.field_on_change")
    on_doubt: OnDoubt = Field("refuse", description="api.field_on_doubt")
    all_or_nothing: bool = Field(default=False, description="api.field_all_or_nothing")


class Ways(BaseModel):
    """How a body that is no JSON is taken; a JSON body says it itself."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=200, description="api.field_name")
    dry_run: Literal["true", "false"] = Field("false", description="api.field_dry_run")
    on_change: OnChange = Field("report", description="api.field_on_change")
    on_doubt: OnDoubt = Field("refuse", description="api.field_on_doubt")
    all_or_nothing: Literal["true", "false"] = Field("false", description="api.field_all_or_nothing")


class Finding(BaseModel):
    """A problem or a warning."""

    code: str = Field(description="api.field_code", examples=["date_impossible"])
    field: str | None = Field(description="api.field_field", examples=["due"])
    message: str = Field(description="api.field_message")


class Difference(BaseModel):
    """A value before and after."""

    before: str
    after: str


class Item(BaseModel):
    """What becomes of one invoice."""

    index: int | None = Field(description="api.field_index")
    line: int = Field(description="api.field_line")
    number: str | None = Field(description="api.field_item_number")
    status: Literal["created", "unchanged", "changed", "updated", "rejected"] = Field(
        description="api.field_status"
    )
    problems: list[Finding] = Field(description="api.field_problems")
    warnings: list[Finding] = Field(description="api.field_warnings")
    changes: dict[str, Difference] = Field(description="api.field_changes")


class Told(BaseModel):
    """What an intake found, whether it was taken or not."""

    problems: list[Finding] = Field(description="api.field_file_problems")
    warnings: list[Finding] = Field(description="api.field_file_warnings")
    items: list[Item] = Field(description="api.field_items")
    items_complete: bool = Field(description="api.field_items_complete")


class Outcome(Told):
    """What came of a request."""

    batch: int | None = Field(description="api.field_batch")
    dry_run: bool = Field(description="api.field_was_dry_run")
    created: int = Field(description="api.field_created")
    updated: int = Field(description="api.field_updated")
    changed: int = Field(description="api.field_changed")
    unchanged: int = Field(description="api.field_unchanged")
    credit_notes: int = Field(description="api.field_credit_notes")
    rejected: int = Field(description="api.field_rejected")
    new_debtors: int = Field(description="api.field_new_debtors")


class Import(BaseModel):
    """What became of an import."""

    batch: int = Field(description="api.field_batch")
    name: str = Field(description="api.field_name")
    state: Literal["waiting", "imported", "taken_back"] = Field(description="api.field_state")
    received_at: str = Field(description="api.field_received_at")
    imported_at: str | None = Field(description="api.field_imported_at")
    taken_back_at: str | None = Field(description="api.field_taken_back_at")
    outcome: Outcome | None = Field(description="api.field_outcome")


class Flaw(BaseModel):
    """What in a request is not of its form."""

    pointer: str | None = Field(None, description="api.field_pointer", examples=["/invoices/0/total"])
    parameter: str | None = Field(None, description="api.field_parameter")
    code: str = Field(description="api.field_code")
    message: str = Field(description="api.field_message")


class Trouble(BaseModel):
    """Why a request is refused (RFC 9457)."""

    type: str = Field(description="api.field_type")
    title: str = Field(description="api.field_title")
    status: int = Field(description="api.field_http_status")
    detail: str = Field(description="api.field_detail")
    code: str = Field(description="api.field_trouble_code")
    errors: list[Flaw] | None = Field(None, description="api.field_errors")
    problems: list[Finding] | None = Field(None, description="api.field_file_problems")
    warnings: list[Finding] | None = Field(None, description="api.field_file_warnings")
    items: list[Item] | None = Field(None, description="api.field_items")
    items_complete: bool | None = Field(None, description="api.field_items_complete")

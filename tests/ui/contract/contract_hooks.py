"""What holds of every answer of the house beyond its OpenAPI document; loaded by Schemathesis."""

import schemathesis
from schemathesis.generation import GenerationMode

# Why a request of the right form may be refused: by what it says, not by how it says it.
OF_CONTENT = {"nothing_to_import", "key_reused", "rows_refused", "questions"}


@schemathesis.check
def a_refusal_is_a_document_with_a_sentence(ctx, response, case):
    """RFC 9457, and in words that somebody can act on."""
    if response.status_code < 400:
        return
    document = response.json()
    assert response.headers["content-type"][0] == "application/problem+json"
    assert document["status"] == response.status_code
    assert document["detail"]
    assert "{" not in document["title"]
    if document["code"] == "nothing_to_import" and document["items"]:
        assert any(item["problems"] for item in document["items"]) or document["problems"]


@schemathesis.check
def what_has_the_form_of_the_document_is_never_refused_for_its_form(ctx, response, case):
    """Positive data may be wrong in what it says, item by item."""
    is_positive = case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE
    if is_positive and response.status_code in {400, 409, 415, 422}:
        assert response.json()["code"] in OF_CONTENT, response.json()

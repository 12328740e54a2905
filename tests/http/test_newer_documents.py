"""A release that was rolled back works on documents that a newer release has written (decision 030)."""

import ast
import os
from collections.abc import Iterator
from datetime import timedelta

from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import Client, CollectionReference, DocumentReference

from shared.domain.metering.sealed_ids import SealedId
from tests.http.serving import Functions
from tests.sample_batches import BATCH_ID
from tools.dev.settings import ROOT

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "run_id": "r"}
NEWER = {"a_newer_field": {"of": ["a newer release"]}}
SET_AS_A_WHOLE = {"days", "platform"}
"""Documents that are computed again from others."""


def documents(place: Client | DocumentReference) -> Iterator[DocumentReference]:
    collections: Iterator[CollectionReference] = iter(place.collections())
    for collection in collections:
        for document in collection.list_documents():
            yield document
            yield from documents(document)


def test_fields_of_a_newer_release_are_neither_in_the_way_nor_lost(functions_on_firestore: Functions) -> None:
    functions = functions_on_firestore
    key = functions.create_tenant()
    functions.record(key, {**CALL, "id": "a"})
    sealed = {**CALL, "id": SealedId(BATCH_ID, 0).text}
    functions.record(key, sealed)
    functions.tick()
    anonymous = AnonymousCredentials()  # type: ignore[no-untyped-call]
    client = Client(project=os.environ["GOOGLE_CLOUD_PROJECT"], credentials=anonymous)
    written = list(documents(client))
    for document in written:
        document.set(NEWER, merge=True)
    kinds = {document.parent.id for document in written}
    assert {"tenants", "events", "batches", "counters", "days", "months", "api_keys", "tenant_index"} <= kinds

    functions.clock.pass_by(timedelta(minutes=20))
    recorded = functions.record(key, {**CALL, "id": "a"}, {**CALL, "id": "b"})
    assert (recorded["accepted"], recorded["duplicates"]) == (1, 1)
    assert functions.record(key, sealed)["duplicates"] == 1
    assert functions.tick().status_code == 200
    assert functions.usage(key)["total_llm_calls"] == 3
    assert functions.check(key)["allowed"] is True
    assert [each["id"] for each in functions.events(key)] == ["b", "a", sealed["id"]]

    lost = {each.parent.id for each in written if (each.get().to_dict() or {}).get("a_newer_field") is None}
    assert lost <= SET_AS_A_WHOLE


def test_no_document_is_read_into_an_object_with_fields_that_the_object_may_not_have() -> None:
    found = []
    for file in (ROOT / "shared/adapters/firestore").rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id[0].isupper():
                whole = [each.value for each in call.keywords if each.arg is None]
                found += [f"{file.name}: {call.func.id}" for each in whole if _is_a_document(each)]
    assert found == []


def _is_a_document(value: ast.expr) -> bool:
    if isinstance(value, ast.Name):
        return value.id == "fields"
    return isinstance(value, ast.Subscript | ast.Call)

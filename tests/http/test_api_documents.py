"""GET /v1/bronnen and what is below it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from http_fixtures import settings_in
from http_server import serve
from policy_corpus import ENTRIES, TEXTS, Corpus, write_all

from assistant import Assistant, Document
from assistant.openvino_embedder import BundledEmbedder
from assistant.snapshot_follower import SnapshotFollower
from integrations.http import create_app

MARKUP = (
    "<!doctype html><html><head><title>Regels</title></head><body><h1>Regels</h1><p>De regels gelden.</p></body></html>"
)


def test_all_documents_are_listed_without_their_place_on_the_machine(client: httpx.Client) -> None:
    response = client.get("/v1/bronnen")

    listed = response.json()
    assert [document["id"] for document in listed["bronnen"]] == [entry.id for entry in ENTRIES]
    assert (listed["totaal"], listed["pagina"]) == (4, 1)
    assert "/tmp" not in response.text
    assert ".md" not in response.text


def test_a_document_tells_what_replaced_it_and_when_it_was_published(client: httpx.Client) -> None:
    document = client.get("/v1/bronnen/oud-kader").json()

    assert (document["status"], document["vervangenDoor"]) == ("vervangen", "nieuw-kader")
    assert (document["publicatiedatum"], document["uitgever"]) == ("2019-05-01", "Regio Oostveen")


def test_a_date_that_nobody_knows_is_null(client: httpx.Client) -> None:
    assert client.get("/v1/bronnen/notitie").json()["publicatiedatum"] is None


@pytest.mark.parametrize(
    ("page", "expected"), [(1, ["wijkplan", "oud-kader", "nieuw-kader"]), (2, ["notitie"]), (3, [])]
)
def test_the_list_comes_in_parts(client: httpx.Client, page: int, expected: list[str]) -> None:
    listed = client.get("/v1/bronnen", params={"pagina": page, "aantalPerPagina": 3}).json()

    assert [document["id"] for document in listed["bronnen"]] == expected
    assert listed["totaal"] == 4


def test_headings_have_their_level_and_place_in_the_text(client: httpx.Client) -> None:
    source = client.get("/v1/bronnen/wijkplan").json()

    headings = [(each["tekst"], each["niveau"]) for each in source["koppen"]]
    assert headings == [("Wijkplan Waterveen", 1), ("Adviezen aan het college", 2), ("Doelen", 2)]
    assert [source["tekst"][each["begin"] : each["einde"]] for each in source["koppen"]] == [
        text for text, _ in headings
    ]
    assert source["paginas"] == [{"nummer": None, "begin": 0, "einde": len(source["tekst"])}]


def test_the_original_file_is_given_as_it_is(client: httpx.Client) -> None:
    address = client.get("/v1/bronnen/wijkplan").json()["bestand"]

    response = client.get(address)

    assert response.text == TEXTS["wijkplan"]
    assert response.headers["content-type"] == "text/markdown; charset=utf-8"
    assert response.headers["content-disposition"] == 'inline; filename="wijkplan.md"'


@pytest.mark.parametrize("known", ["{}", "W/{}", '"other", {}', "*"])
def test_a_file_that_the_client_has_is_not_sent_again(client: httpx.Client, known: str) -> None:
    path = "/v1/bronnen/notitie/bestand"
    etag = client.get(path).headers["etag"]

    response = client.get(path, headers={"If-None-Match": known.format(etag)})

    assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", etag)


def test_a_file_that_changed_is_sent_again(client: httpx.Client) -> None:
    response = client.get("/v1/bronnen/notitie/bestand", headers={"If-None-Match": '"older"'})

    assert response.status_code == 200


@pytest.mark.parametrize("wanted", ["bytes=0-9", "bytes=999999-", "bytes=x", "lines=1-2"])
def test_a_file_is_always_sent_whole(client: httpx.Client, wanted: str) -> None:
    response = client.get("/v1/bronnen/notitie/bestand", headers={"Range": wanted})

    assert (response.status_code, response.text) == (200, TEXTS["notitie"])


@pytest.fixture
def changing(embedder: BundledEmbedder, model_cache: Path, tmp_path: Path) -> Iterator[tuple[httpx.Client, Corpus]]:
    """A server on a corpus whose files a test may change, with an HTML document in it."""
    settings = settings_in(tmp_path, model_cache)
    corpus = Corpus(settings.corpus, settings.index)
    markup = corpus.write(Document("regels", "Regels", Path("regels.html")), MARKUP)
    corpus.build(embedder, *write_all(corpus), markup)
    assistant = Assistant(SnapshotFollower(settings.index, embedder.description), embedder)
    with serve(create_app(assistant, settings, is_open=True)) as served, served.client() as client:
        yield client, corpus


def test_markup_of_others_is_not_opened_on_our_address(changing: tuple[httpx.Client, Corpus]) -> None:
    response = changing[0].get("/v1/bronnen/regels/bestand")

    assert response.headers["content-disposition"] == 'attachment; filename="regels.html"'
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_file_that_is_gone_is_not_found(changing: tuple[httpx.Client, Corpus]) -> None:
    client, corpus = changing
    (corpus.folder / "notitie.md").unlink()
    (corpus.folder / "oud-kader.md").unlink()
    (corpus.folder / "oud-kader.md").mkdir()

    assert client.get("/v1/bronnen/notitie/bestand").status_code == 404
    assert client.get("/v1/bronnen/oud-kader/bestand").status_code == 404
    assert client.get("/v1/bronnen/notitie").status_code == 200

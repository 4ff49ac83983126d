"""The page as one document: nothing from elsewhere, nothing of its value read as markup, hashes that are right."""

import re
from base64 import b64encode
from hashlib import sha256

import orjson
import pytest

from serving.dashboard.document import FOLDER, MODULES, document

HOSTILE = "</script><script>alert(1)</script><!--<script>{style} \u2028 ]]>&amp;"


def element(page: str, start: str, end: str) -> str:
    return page.partition(start)[2].partition(end)[0]


def test_a_value_comes_out_as_it_went_in_and_ends_no_element():
    page = document({"made": HOSTILE, "tracks": []})
    told = element(page, 'id="value">', "</script>")
    assert orjson.loads(told) == {"made": HOSTILE, "tracks": []}
    assert "<" not in told
    assert page.count("</script>") == 2


@pytest.mark.parametrize("value", [None, {"tracks": []}])
def test_only_its_own_script_and_style_may_run(value):
    page = document(value)
    policy = element(page, 'Security-Policy" content="', '"')
    for start, end, rule in (
        ("<style>", "</style>", "style-src"),
        ('<script type="module">', "</script>", "script-src"),
    ):
        digest = b64encode(sha256(element(page, start, end).encode()).digest()).decode()
        assert f"{rule} 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert f"connect-src {'self' if value is None else 'none'}" in policy.replace("'", "")


def test_it_names_nothing_outside_of_itself():
    page = document({"tracks": []})
    links = re.findall(r'(?:src|href|action|srcset)\s*=\s*"([^"]*)"|url\(([^)]*)\)|@import|https?://[^"\s]+', page)
    assert set(re.findall(r"https?://[^\"\s]+", page)) == {"http://www.w3.org/2000/svg"}  # a name, never asked for
    assert {name for name, _ in links if name} == {"data:,", "#main"}
    assert "import " not in element(page, '<script type="module">', "</script>")


def test_every_module_is_in_it_once():
    assert sorted(MODULES) == sorted(path.stem for path in FOLDER.glob("*.js"))
    script = element(document(), '<script type="module">', "</script>")
    for name in MODULES[:-1]:
        assert script.count(f"const {name}_js = ") == 1


def test_words_that_stand_for_a_place_are_left_alone_in_a_value():
    page = document({"tracks": [], "made": "{script}"})
    assert orjson.loads(element(page, 'id="value">', "</script>"))["made"] == "{script}"

import re
from pathlib import Path

from django.conf import settings

from slides.templatetags import modules

VIEWER = "js/viewer/slide-viewer.js"
READER = "js/reader/slide-reader.js"


def test_every_import_is_found_however_deep():
    found = modules.imports_of(READER)
    assert found[0] == READER
    assert {"js/viewer/slide-viewer.js", "js/maps/heatmap.js"} <= set(found)
    assert len(found) == len(set(found))


def test_every_named_module_is_there():
    static = Path(settings.BASE_DIR) / "static"
    pages = [p for p in (static / "js").rglob("*.js") if "from " in p.read_text()]
    names = {name for page in pages for name in modules.imports_of(str(page.relative_to(static)))}
    assert [name for name in sorted(names) if not (static / name).is_file()] == []


def test_the_page_asks_for_its_modules_at_once():
    markup = modules.module(READER)
    base = settings.STATIC_URL
    links = re.findall(rf'<link rel="modulepreload" href="{base}([^"]+)">', markup)
    assert sorted(links) == sorted(set(modules.imports_of(READER)) - {READER})
    assert markup.endswith(f'<script src="{base}{READER}" type="module"></script>')


def test_the_reading_page_asks_for_tissue_and_for_itself_once_the_overview_is_painted(
    as_pathologist, make_slide
):
    page = as_pathologist.get(make_slide("one").get_absolute_url()).content.decode()
    before, tissue = page.split("<template data-tissue>")
    tissue, rest = tissue.split("</template>", 1)
    between, rest = rest.split("<template data-page>")
    kept, after = rest.split("</template>", 1)
    assert "modulepreload" not in before + between + after
    assert modules.preloads(VIEWER) in tissue
    assert modules.preloads(READER) in kept
    assert "js/pages/first-look.js" in between.split('<link rel="stylesheet"')[0]
    assert "css/reading.css" in before and "bootstrap" in between and "bootstrap" not in before

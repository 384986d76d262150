"""What is found in a notebook without running it: numbers in prose, the shape of a chapter, stale outputs."""

from pathlib import Path

import nbformat
import pytest

from bookmaking.printed_numbers import supports
from gate import stale
from gate.collect import reseeded
from gate.notebook import digests, read
from gate.numbers import split
from gate.prose import claims, prose_findings
from gate.structure import structure_findings, undefined_terms

FIXTURE = Path(__file__).parent / "fixtures" / "fixture.ipynb"


def claimed(text):
    return [number.text for number, _ in claims(text)]


def number_in(text):
    return next(number for number, _ in claims(text))


@pytest.fixture
def altered(tmp_path):
    """Give a copy of the fixture notebook after a function has changed it."""

    def alter(change):
        notebook = read(FIXTURE)
        change(notebook)
        path = tmp_path / "chapters" / "fixture.ipynb"
        path.parent.mkdir(exist_ok=True)
        nbformat.write(notebook, path)
        return path

    return alter


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("a slope of -2.28 in 83 stores", ["-2.28", "83"]),
        ("three stores, 12 weeks, since 1999", []),
        ("in 2,000 draws", ["2,000"]),
        ("code `0.25`, role {ref}`fig-0.25`, math $0.25$ and $$\n0.25\n$$", []),
        ("```python\nx = 0.25\n```\nthen 0.75", ["0.75"]),
        ("```{math}\n0.25\n```", []),
        ("```{admonition} A\nx\n```\nThen 0.75.\n```{admonition} B\ny 0.5\n```\nand 0.25", ["0.75", "0.5", "0.25"]),
        ("````{note}\n```python\nx = 0.25\n```\n0.75\n````\n0.5\n```\n1.5\n```\n0.9", ["0.75", "0.5", "0.9"]),
        ("```{admonition} Answer 0.5\n:class: dropdown99\nIt is 0.75.\n```", ["0.5", "0.75"]),
        ("(fig-0.25)=\n[link](https://example.org/0.25) store 42 and Figure 31", []),
        ("0.753 in the paper {cite}`bates2015`\nand 0.75 here", ["0.75"]),
        ("between 25-30", ["25", "30"]),
        (r"from \$3.50 to \$4.50 a bottle", ["3.50", "4.50"]),
    ],
)
def test_which_numbers_prose_claims(text, numbers):
    assert claimed(text) == numbers


@pytest.mark.parametrize(
    ("prose", "output", "supported"),
    [
        ("2.28", "2.2815", True),
        ("2.28", "-2.2815", True),
        ("-2.28", "2.2815", False),
        ("\u22122.28", "-2.28", True),
        ("2.28", "2.29", False),
        ("2.280", "2.28", False),
        ("0.5", "0.45", True),
        ("83", "83.2", True),
        ("2,000", "2000", True),
    ],
)
def test_a_number_is_supported_at_the_precision_it_is_printed_with(prose, output, supported):
    assert supports(split(output)[0][0], number_in(prose)) is supported


def test_a_percentage_may_be_printed_as_a_share():
    number, per_cent = claims("66 % of it")[0]
    assert supports(number_in("0.657"), number, per_cent)
    assert not supports(number_in("0.657"), number)


def test_the_fixture_has_no_findings():
    assert structure_findings(FIXTURE) == []
    assert prose_findings(FIXTURE) == []
    assert stale.stale(FIXTURE) is None


def test_a_caption_is_prose(altered):
    def change(notebook):
        drawn = next(cell for cell in notebook.cells if "mystnb" in cell.metadata)
        drawn.metadata["mystnb"]["figure"]["caption"] += " The slope is 0.99."

    assert "cell 7" in prose_findings(altered(change))[0]
    assert "0.99" in prose_findings(altered(change))[0]


def replace(old, new):
    """A change of the first cell that holds a text."""

    def change(notebook):
        cell = next(cell for cell in notebook.cells if old in cell.source)
        cell.source = cell.source.replace(old, new, 1)

    return change


def set_metadata(position, **metadata):
    return lambda notebook: notebook.cells[position - 1].metadata.update(metadata)


def set_count(position, count):
    return lambda notebook: notebook.cells[position - 1].update(execution_count=count)


def drop_caption(notebook):
    del notebook.cells[6].metadata["mystnb"]["figure"]["caption"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (set_count(5, 7), "cell 5, cell-5 (print(f"),
        (set_count(5, None), "the cell was never run"),
        (lambda notebook: notebook.metadata.kernelspec.update(name="ir"), "the kernel must be python3"),
        (set_metadata(5, tags=["nbval-skip"]), "the tag nbval-skip has no meaning here"),
        (set_metadata(5, tags=["sampled", "timed"]), "sampled or timed, not both"),
        (replace("random_seed", "seed"), "its sampled cells need a literal random_seed"),
        (set_metadata(7, tags=["timed"]), "a timed cell draws a figure"),
        (set_metadata(7, mystnb={}), "the figure has no alt"),
        (drop_caption, "the figure has no caption"),
        (set_metadata(14, tags=[]), "raises KeyError and is not tagged"),
        (replace("\ncups", "\n# NBVAL_IGNORE_OUTPUT\ncups"), "a comment asks for an exemption"),
        (replace("import", "\n" * 20 + "import"), "at most 20 are allowed"),
        (replace("# How", "![](cup.png)\n# How"), "a picture has no alternative text"),
        (replace("{admonition} Objectives", "{admonition} Aims"), "objectives missing"),
        (replace("Predict first", "Guess"), "a prediction missing"),
        (replace("Checked against lme4", "Checked"), "the lme4 check missing"),
        (replace("### Explore", "### More"), "exercises to explore missing"),
        (replace("## Check yourself", "## Check"), "questions to check oneself missing"),
        (replace(":class: question", ":class: note"), "1 questions to check oneself"),
        (
            replace("**Right.** It", "**No.** It"),
            "'Heavy or light' needs one option whose explanation begins with **Right.**",
        ),
        (replace("**No.** Count", "**Right.** Count"), "'How many' needs one option whose explanation begins"),
        (replace("**No.** Cup", "Cup"), "'Heavy or light' has an option that says neither"),
        (replace("::::{dropdown} Either", "Either"), "'Heavy or light' has 2 options"),
        (replace("Take-aways", "Summary"), "take-aways missing"),
        (replace(":label: fixture-do\n", ""), "exercise 2 has no label"),
        (replace("{admonition} Hint", "{admonition} Clue"), "exercise fixture-read has no folded hint"),
        (
            replace("{solution-start} fixture-do", "{solution-start} other"),
            "exercise fixture-do has no folded solution",
        ),
        (lambda notebook: notebook.metadata.update(padding="x" * 1_500_000), "MB, at most 1.5"),
    ],
)
def test_each_departure_from_the_rules_is_named(change, message, altered):
    findings = structure_findings(altered(change))
    assert any(message in finding for finding in findings), findings
    assert all(finding.startswith("chapters/fixture.ipynb") for finding in findings)


def test_a_picture_that_cannot_be_compared_is_refused(altered):
    def change(notebook):
        notebook.cells[6].outputs[0].data["image/svg+xml"] = "<svg/>"

    assert "image/svg+xml cannot be compared" in structure_findings(altered(change))[0]


def test_long_cells_are_counted(altered):
    def change(notebook):
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.source += "\n#" * 9

    findings = " ".join(structure_findings(altered(change)))
    assert "a median of" in findings
    assert "fewer than nine in ten" in findings


def test_terms_must_be_in_the_glossary(tmp_path, altered):
    glossary = tmp_path / "glossary.md"
    glossary.write_text("# Glossary\n\n```{glossary}\npartial pooling\n  Sharing.\n```\n")
    assert undefined_terms(altered(lambda notebook: None), glossary) == []
    assert undefined_terms(altered(replace("{term}`partial pooling`", "{term}`BLUPs <BLUP>`")), glossary) == ["BLUP"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (replace("cups.kelvin, 1)", "cups.kelvin, 2)"), "was changed after its outputs were stored"),
        (set_count(5, None), "was not run"),
        (lambda notebook: notebook.cells.pop(11), "was not run, or not in order"),
        (lambda notebook: notebook.cells.pop(18), "had 10 code cells when its outputs were stored, now 9"),
        (
            lambda notebook: notebook.metadata.pop("gate"),
            "cell 2, cell-2 (import matplotlib.pyplot as plt) was changed",
        ),
    ],
)
def test_stale_outputs_are_told_in_one_sentence_with_the_remedy(change, message, altered):
    sentence = stale.stale(altered(change))
    assert message in sentence
    assert sentence.startswith("chapters/fixture.ipynb")
    assert sentence.endswith("run `make refresh CHAPTER=fixture`.")
    assert "\n" not in sentence


def test_prose_may_change_without_making_outputs_stale(altered):
    assert stale.stale(altered(replace("# How long", "# How very long"))) is None


def test_digests_see_the_order_of_cells():
    notebook = read(FIXTURE)
    notebook.cells[1], notebook.cells[2] = notebook.cells[2], notebook.cells[1]
    assert digests(notebook) != digests(read(FIXTURE))


@pytest.mark.parametrize(
    "source", ["random_seed = {}", "fit(random_seed={}, draws=7)", '{{"random_seed": {}, "draws": 7}}']
)
def test_a_seed_is_found_however_it_is_given(source):
    assert reseeded(source.format(19), 2) == source.format(21)

"""Definition files: what is wrong in one is said in sentences, all at once, and never as a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflows.errors import DefinitionError
from workflows.loader import LIBRARY, library, load_file, load_text

STANDARD = (LIBRARY / "standard.toml").read_text(encoding="utf-8")


def faults(folder: Path, text: str) -> list[str]:
    file = folder / "ours.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        load_file(file)
    return [str(fault) for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('within = "1 working day"', 'within = "1 workday"', "“workday” is not a unit of time. Did you mean"),
        ('within = "1 working day"', 'witin = "1 working day"', "“witin” is not a key here. Did you mean “within”?"),
        ('calendar = "england"', 'calendar = "uk"', "There is no calendar “uk”."),
        ('responding = "practitioner"', 'responding = "practicioner"', "There is no role “practicioner”. Did you mean “practitioner”?"),
        ('silence = "moves up"', 'silence = "goes up"', "“goes up” is not one of: moves up"),
        ('deciding = "chair"', 'deciding = "char"', "There is no role “char”. Did you mean “chair”?"),
        ('until = "decided"', 'until = "decidded"', "Nothing called “decidded” ever happens. Did you mean “decided”?"),
        ('may_start_at = ["practitioners"', 'may_start_at = ["nowhere"', "There is no stage “nowhere”."),
        ('for = { urgent = "4 hours" }', 'for = { urgnt = "4 hours" }', "There is no track “urgnt”. Did you mean “urgent”?"),
        ('tell = ["raising manager"]', 'tell = ["raising boss"]', "There is no party “raising boss”."),
        ('obliges = "raising"', 'obliges = "nobody"', "There is no side “nobody”."),
        ('id = "senior"\n', 'id = "managers"\n', "“managers” is the id of 2 of them."),
        ('silence = "only tell"', 'silence = "moves up"', "This is the last stage: silence has nowhere to move it."),
        ('hours = ["09:00", "17:00"]', 'hours = ["17:00", "09:00"]', "Business must open before it closes."),
        ('hours = ["09:00", "17:00"]', 'hours = ["9", "17:00"]', "Write a time like “09:00”."),
        ('title = "Senior review"\n', "", "stages[3].title: this key is missing."),
        ("[procedure]", "[procedure", "this is not TOML"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(tmp_path: Path, before: str, after: str, sentence: str) -> None:
    assert before in STANDARD
    found = faults(tmp_path, STANDARD.replace(before, after))
    assert any(sentence in fault for fault in found), found
    assert all(fault.startswith("ours.toml") for fault in found)


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    text = STANDARD.replace('calendar = "england"', 'calendar = "uk"').replace('"chair"', '"char"')
    assert len(faults(tmp_path, text)) >= 2


def test_a_broken_line_hides_no_other_fault(tmp_path: Path) -> None:
    text = STANDARD.replace('within = "1 working day"', 'within = "1 workday"').replace('"england"', '"uk"')
    found = faults(tmp_path, text.replace('deciding = "chair"', 'deciding = "char"'))
    for sentence in ("is not a unit of time", "no calendar “uk”", "no role “char”"):
        assert any(sentence in fault for fault in found), found


def test_a_number_of_five_thousand_digits_is_no_traceback(tmp_path: Path) -> None:
    assert "this is not TOML" in faults(tmp_path, "a = " + "9" * 5000)[0]


@pytest.mark.parametrize("parent", ["../standard.toml", "/etc/hosts.toml", "a/b.toml"])
def test_a_file_extends_nothing_from_elsewhere(tmp_path: Path, parent: str) -> None:
    found = faults(tmp_path, f'[procedure]\nid = "x"\nextends = "{parent}"\n')
    assert "is a path" in found[0]


def test_a_stage_that_moves_up_on_silence_says_how_long_silence_lasts(tmp_path: Path) -> None:
    text = STANDARD.replace('within = "2 working days", for = { urgent = "8 hours" }, ', "")
    assert any("no limit here says how long silence lasts" in fault for fault in faults(tmp_path, text))


def test_a_file_of_ten_megabytes_is_refused(tmp_path: Path) -> None:
    assert "larger than" in faults(tmp_path, "#" * 10_000_000)[0]


def test_a_stored_definition_compiles_to_the_same_procedure() -> None:
    for procedure in library().values():
        assert load_text(procedure.text) == procedure


def test_a_four_stage_procedure_reads_in_under_eighty_lines() -> None:
    assert len(STANDARD.splitlines()) < 80


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_mangled_file_is_refused_in_sentences_or_loads(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    lines = STANDARD.splitlines()
    place = data.draw(st.integers(0, len(lines) - 1))
    lines[place] = data.draw(
        st.one_of(
            st.just(""),
            st.text(max_size=40),
            st.sampled_from(lines),
            st.just(lines[place].replace('"', "")),
            st.just(lines[place].split("=")[0] + "= 7"),
            st.just(lines[place].split("=")[0] + "= []"),
            st.just(lines[place].split("=")[0] + "= { a = 1 }"),
        )
    )
    file = tmp_path_factory.mktemp("mangled") / "ours.toml"
    file.write_text("\n".join(lines), encoding="utf-8", errors="surrogatepass")
    try:
        found = load_file(file).stages
    except DefinitionError as error:
        found = error.faults  # type: ignore[assignment]
    assert found

"""What is said of the structure of a table before a model is written."""

import pandas as pd
import pytest

from partial_pooling import grouping, load


def said(found, beginning):
    (sentence,) = [sentence for sentence in found.says if sentence.startswith(beginning)]
    return sentence


def test_nested_groups_and_the_level_of_each_predictor():
    found = grouping(load("stores"), ["county", "store"], ["price", "gdp"], "sales")
    assert found.says == (
        "2,905 rows; no value is missing.",
        "county: 20 groups of 24 to 276 rows (median 138).",
        "store: 95 groups of 3 to 100 rows (median 12).",
        "store is nested in county, each store in one county: (1 | county) + (1 | store).",
        "price varies within 20 of 20 groups of county and 95 of 95 groups of store.",
        "gdp is constant within county and store: a predictor of county, whose coefficient rests on 20 groups, "
        "without a slope by county or by store.",
        "All this takes labels at their word: the same label is the same group.",
    )
    assert list(found.factors.loc["store"]) == [95, 3, 12, 100]
    assert found.varies.loc["price"].to_dict() == {"county": 20, "store": 95}


def test_the_order_in_which_groups_are_named_does_not_matter():
    data = load("stores")
    pair = "store is nested in county"
    assert said(grouping(data, ["county", "store"]), pair) == said(grouping(data, ["store", "county"]), pair)


def test_a_predictor_of_the_inner_groups():
    data = load("stores")
    data["size"] = data["store"].map(data.groupby("store").size())
    assert said(grouping(data, ["county", "store"], ["size"]), "size") == (
        "size varies within 18 of 20 groups of county and is constant within store: a predictor of store, whose "
        "coefficient rests on 95 groups, without a slope by store."
    )


def test_crossed_groups_or_labels_that_are_used_again():
    sentence = said(grouping(load("pastes"), ["batch", "cask"]), "batch and cask")
    assert "crossed: every pair occurs, with 2 rows a pair, and 3 of 3 labels of cask occur in more than" in sentence
    assert "everywhere: (1 | batch) + (1 | cask), and + (1 | batch:cask) if pairs may have an effect" in sentence
    assert sentence.endswith("If labels are used again in each batch: (1 | batch) + (1 | batch:cask).")
    assert said(grouping(load("pastes"), ["batch", "sample"]), "sample is nested in batch")


def test_partly_crossed_groups():
    """With one row a pair no effect of pairs is proposed: it could not be told from the residual."""
    sentence = said(grouping(load("orange_juice").astype({"week": str}), ["store", "week"]), "store and week")
    assert "partly crossed: 9,649 of 10,043 pairs occur, with 1 row a pair, and 121 of 121" in sentence
    assert sentence.endswith("everywhere: (1 | store) + (1 | week).")


def test_no_formula_for_groups_nested_in_labels_that_may_be_used_again():
    found = grouping(load("pastes"), ["batch", "cask", "sample"])
    assert said(found, "sample is nested in cask") == "sample is nested in cask, each sample in one cask."
    assert said(found, "If every label is used again").endswith(
        "(1 | batch) + (1 | batch:cask) + (1 | batch:cask:sample)."
    )


def test_a_predictor_that_is_constant_within_pairs_only():
    rows = [(school, number) for school in "abcdef" for number in "123" for _ in range(4)]
    data = pd.DataFrame(rows, columns=["school", "number"])
    data["years"] = data.groupby(["school", "number"]).ngroup()
    assert said(grouping(data, ["school", "number"], ["years"]), "years").endswith(
        "is constant within school:number: if these pairs are groups, its coefficient rests on 18 of them."
    )


def test_a_category_of_groups_says_how_many_groups_have_it():
    data = load("beat_the_blues")
    data["arm"] = data["programme"].map({0: "usual care", 1: "programme"})
    assert "rests on 100 groups (52 programme, 48 usual care), without" in said(grouping(data, "patient", "arm"), "arm")


def test_a_predictor_that_never_varies():
    data = load("stores").assign(one=1)
    assert said(grouping(data, "store", "one"), "one") == "one is the same in every row: it can have no coefficient."


def test_one_grouping_under_two_names():
    data = load("stores").assign(shop=lambda rows: rows["store"].str.lower())
    assert said(grouping(data, ["store", "shop"]), "store and") == (
        "store and shop are the same groups under two names: use one of them."
    )


def test_rows_that_are_groups_of_their_own():
    data = load("pastes").assign(test=lambda rows: rows.index.astype(str))
    assert "cannot be told from the residual" in said(grouping(data, "test"), "test")


def test_labels_that_are_numbers_or_written_in_two_ways():
    data = pd.DataFrame({"school": ["North", "north ", "South"] * 2, "class": [1, 1, 2] * 2, "score": range(6)})
    found = grouping(data, ["school", "class"], response="score")
    assert said(found, "school: 'North' and 'north '") == (
        "school: 'North' and 'north ' differ by blanks, capitals or type only."
    )
    assert said(found, "class: its labels are numbers (int64)")


def test_labels_of_two_types_and_a_name_with_a_blank():
    data = pd.DataFrame({"my group": [1, "1", 2, "2"] * 2, "other": list("aabb") * 2, "things": [[1], [2]] * 4})
    found = grouping(data, ["my group", "other"])
    assert said(found, "my group: its labels are of several types (int, str)")
    assert said(found, "my group: 1 and '1' differ")
    assert "(1 | other) + (1 | `my group`)" in said(found, "my group is nested")


def test_labels_that_were_read_as_missing():
    data = pd.DataFrame({"country": ["NO", None, "SE", "SE"], "y": range(4)})
    assert said(grouping(data, "country"), "country: rows without a label may be groups of their own; pandas reads")


def test_missing_values_and_the_groups_that_go_with_them():
    data = load("stores")
    data.loc[data["store"] == "A2", "price"] = None
    count = int((data["store"] == "A2").sum())
    found = grouping(data, ["county", "store"], ["price"])
    assert found.says[0] == (
        f"2,905 rows, of which {count} lack a value (price {count}); groups that are lost without them: 1 of store."
    )
    assert found.factors.loc["store", "groups"] == 94
    data.loc[data.index[:1], "price"] = 3.0
    assert grouping(data, "county", ["price"]).says[0].endswith("no label is lost without them.")


def test_rows_that_occur_twice():
    data = load("sleepstudy")
    assert said(grouping(pd.concat([data, data[:2]]), "subject"), "2 of them the same in every column")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["county", "shop"],), "no column 'shop'; they have county, store, week, price, sales, gdp"),
        ((["county"], ["county"]), "county is named twice"),
        ((["county"], ["price"], "price"), "price is named twice"),
    ],
)
def test_wrong_columns_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        grouping(load("stores"), *arguments)


def test_no_complete_row_is_said():
    with pytest.raises(ValueError, match="no row has a value in all of store, price"):
        grouping(load("stores").assign(price=float("nan")), "store", ["price"])


def test_the_sentences_are_a_list_on_a_page():
    found = grouping(load("stores").rename(columns={"store": "<store>"}), "<store>")
    assert found._repr_html_().startswith("<ul><li>2,905 rows")
    assert "&lt;store&gt;: 95 groups" in found._repr_html_()
    assert repr(found).splitlines() == list(found.says)

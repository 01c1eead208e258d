"""What small pages say of the project's own files is what stands in these."""

import re
import tomllib
from pathlib import Path

import pytest
from sklearn.datasets import load_iris
from sklearn.utils import all_estimators

import skmlp

ROOT = Path(__file__).parents[2]


def text_of(*path):
    """Return a file of the repository."""
    return ROOT.joinpath(*path).read_text(encoding="utf-8")


def names_of(table):
    """Return the names of a dictionary of tables, as the benchmark has them."""
    source = text_of("benchmarks", "tables.py").split(f"\n{table} = ")[1].split("}")[0]
    return re.findall(r'"([^"]+)"', re.sub(r"partial\(.*?\)", "", source))


@pytest.mark.parametrize("table", ["EMBEDDED", "SURVEYS", "SYNTHETIC", "IMAGES"])
def test_each_of_the_sixteen_tables_is_named(table):
    page = text_of("docs", "defaults.rst")
    for name in names_of(table):
        assert name in page


def test_readme_has_no_relative_links():
    links = re.findall(r"\]\(([^)]*)\)", text_of("README.md"))
    assert links
    assert not [link for link in links if not link.startswith("https://")]


def test_picture_and_table_of_the_readme_are_those_of_the_benchmark():
    measured = text_of("docs", "real_tables.inc").split("\n\n")[1]
    titles = {
        "skmlp, `tabular_pipeline()`": "tabular_pipeline()",
        "skmlp, `TwoLayerClassifier()`": "TwoLayerClassifier()",
        "`HistGradientBoostingClassifier`": "HistGB",
        "`RandomForestClassifier`": "random forest",
        "LightGBM": "LightGBM",
        "XGBoost": "XGBoost",
        "`MLPClassifier`": "MLPClassifier",
        "`LogisticRegression`": "logistic regression",
    }
    rows = re.findall(r"\n\| (.+) \| (.+) \| (.+) \| (.+) \|", text_of("README.md"))
    assert [name for name, *_ in rows] == ["mean of 37 tables", *titles]
    for name, *figures in rows[1:]:
        (row,) = re.findall(rf"\n{re.escape(titles[name])} {{2,}}(.*)", measured)
        for figure, exact in zip(figures, row.split(), strict=False):
            assert float(figure) == pytest.approx(float(exact), abs=0.00051)


def project():
    """Return what pyproject.toml says of the project."""
    return tomllib.loads(text_of("pyproject.toml"))["project"]


def test_installation_page_has_the_packages_of_each_extra():
    section = text_of("docs", "installation.rst").split("\nExtras\n")[1]
    rows = re.findall(
        r"\* - ``(\w+)``\n     - .*\n     - ((?:.|\n(?!   \*|\n))*)", section
    )
    shown = {extra: re.split(r",\s+", packages.strip()) for extra, packages in rows}
    extras = project()["optional-dependencies"]
    assert {extra: set(packages) for extra, packages in shown.items()} == {
        extra: {
            re.match(r"[\w-]+", requirement).group() for requirement in requirements
        }
        for extra, requirements in extras.items()
    }


def test_installation_page_has_the_oldest_versions():
    page = text_of("docs", "installation.rst")
    oldest = dict(line.split(">=") for line in project()["dependencies"])
    oldest["Python"] = project()["requires-python"].removeprefix(">=")
    shown = {"NumPy": "numpy", "SciPy": "scipy"}
    table = page.split("remark\n")[1].split("\n\n")[0]
    rows = dict(re.findall(r"\n([\w-]+) +([\d.]+)", table))
    assert {shown.get(name, name): version for name, version in rows.items()} == oldest


def test_installation_page_has_the_pythons():
    found = re.findall(r"Python :: (3\.\d+)", " ".join(project()["classifiers"]))
    assert ", ".join(found[:-1]) + f" and {found[-1]}" in text_of(
        "docs", "installation.rst"
    )


def test_citation_has_the_version():
    assert f"\nversion: {skmlp.__version__}\n" in text_of("CITATION.cff")


def test_each_parameter_is_in_one_group():
    groups = re.findall(r"``(\w+)``", text_of("docs", "parameter_groups.inc"))
    assert sorted(groups) == sorted(skmlp.TwoLayerClassifier().get_params())


def test_what_each_classifier_takes_is_right():
    section = text_of("docs", "alternatives.rst").split("\nWhat scikit-learn's")[1]
    rows = re.findall(r"\* - (\w+(?:er|ion))\n((?:     - .*\n)*)", section)[1:]
    assert len(rows) == 5
    for name, cells in rows:
        classifier = dict(all_estimators("classifier"), **vars(skmlp))[name]()
        tags = classifier.__sklearn_tags__()
        takes = [
            tags.input_tags.sparse,
            tags.input_tags.allow_nan,
            tags.classifier_tags.multi_label,
            hasattr(classifier, "partial_fit"),
            "class_weight" in classifier.get_params(),
        ]
        assert re.findall(r"yes|no", cells) == ["yes" if t else "no" for t in takes]


def test_random_forest_is_better_on_the_table_that_is_named():
    table = text_of("docs", "real_tables.inc").split("Mean accuracy of each table")[1]
    header, row = (
        re.split(r"  +", re.search(rf"\n({name} .*)", table).group(1))
        for name in ("table", "winewhite")
    )
    measured = dict(zip(header, row, strict=True))
    assert measured["random forest"][:4] == "0.67"
    assert float(measured["tabular_pipeline()"]) == pytest.approx(0.60, abs=0.005)


@pytest.mark.parametrize("scoring", ["roc_auc_ovr", "f1_macro", "recall_macro"])
def test_scorer_for_three_classes_works_and_the_other_is_refused(scoring):
    X, y = load_iris(return_X_y=True)
    clf = skmlp.TwoLayerClassifier(early_stopping=True, max_iter=3, random_state=0)
    assert clf.set_params(scoring=scoring).fit(X, y).best_validation_score_ > 0.5
    with pytest.raises(ValueError, match="multi_class"):
        clf.set_params(scoring="roc_auc").fit(X, y)


def test_rare_levels_of_a_column_become_one_in_silence():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(
        {"a": [i % 9 for i in range(90)], "b": [f"level {i % 30}" for i in range(90)]}
    )
    pipeline = skmlp.tabular_pipeline(skmlp.TwoLayerClassifier(max_iter=2))
    pipeline.set_params(columns__categories__one_hot__min_frequency=10)
    pipeline.fit(table, table["a"] > 4)
    names = pipeline[:-1].get_feature_names_out()
    assert [name for name in names if "__b" in name] == [
        "categories__b_infrequent_sklearn"
    ]

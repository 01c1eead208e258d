"""The example of a service: started, asked by a real client, and stopped."""

import asyncio
import json
import re
import runpy
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_wine

import skmlp
from skmlp import TwoLayerClassifier, tabular_pipeline
from skmlp.onnx import to_onnx

httpx = pytest.importorskip("httpx", reason="the extra serving is not installed")
pytest.importorskip("fastapi", reason="the extra serving is not installed")

SERVING = Path(__file__).parents[2] / "examples" / "serving"


@pytest.fixture(scope="module")
def serve():
    """Return the functions of the example, as by their name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SERVING)
        yield runpy.run_path(str(SERVING / "serve.py"))


@pytest.fixture(scope="module")
def url(serve, tmp_path_factory):
    """Start the service with a model of its own, and stop it in the end."""
    model = tmp_path_factory.mktemp("serving") / "wine.onnx"
    serve["train"](model)
    command = [sys.executable, str(SERVING / "serve.py"), str(model), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as service:
        said = []
        for line in service.stderr:  # which ends where the service fails to start
            said.append(line)
            address = re.search(r"running on (http://127\.0\.0\.1:\d+)", line)
            if address:
                yield address[1]
                service.send_signal(signal.SIGINT)
                _, rest = service.communicate(timeout=30)
                assert "Finished server process" in rest
                return
        pytest.fail("".join(said))


@pytest.fixture(scope="module")
def client(url):
    with httpx.Client(base_url=url) as client:
        yield client


@pytest.fixture
def row(client):
    columns = client.get("/health").json()["columns"]
    wine = load_wine().data[0]
    return dict(zip(columns, wine.tolist(), strict=True))


def test_service_is_healthy_and_names_its_columns(client):
    answer = client.get("/health").json()
    assert answer["status"] == "ok"
    assert answer["columns"]["alcohol"] == "tensor(float)"
    assert len(answer["columns"]) == 13


@pytest.mark.parametrize("n_rows", [1, 7])
def test_rows_get_labels_and_probabilities(client, row, n_rows):
    answer = client.post("/predict", json=[row] * n_rows)
    assert answer.status_code == 200
    assert answer.json()["labels"] == ["class_0"] * n_rows
    probabilities = answer.json()["probabilities"]
    assert len(probabilities) == n_rows
    for by_class in probabilities:
        assert by_class.keys() == {"class_0", "class_1", "class_2"}
        np.testing.assert_allclose(sum(by_class.values()), 1.0, rtol=1e-6)
        assert max(by_class, key=by_class.get) == "class_0"


def test_health_tells_which_model_it_is(client):
    answer = client.get("/health").json()
    assert answer["classes"] == ["class_0", "class_1", "class_2"]
    assert answer["model"]["skmlp"] == skmlp.__version__


async def asked(app, requests):
    """Return what an app answers to lists of rows."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        return [(await client.post("/predict", json=rows)).json() for rows in requests]


def test_text_and_gaps_are_served_as_the_pipeline_predicts(serve, tmp_path):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(
        {
            "colour": ["red", "blue", None, "red"] * 20,
            "weight": np.float32([1.5, 2.5, np.nan, 1.0] * 20),
            "n_doors": [2, 4, 4, 2] * 20,
        }
    )
    model = tabular_pipeline(TwoLayerClassifier(max_iter=5, random_state=0))
    model.fit(table, ["a", "b", "b", "a"] * 20)
    exported = to_onnx(model, table).SerializeToString()
    (tmp_path / "model.onnx").write_bytes(exported)
    rows = [
        {"colour": "blue", "weight": 2.5, "n_doors": 4},
        {"colour": None, "weight": None, "n_doors": 2},
    ]
    app = serve["make_app"](tmp_path / "model.onnx")
    answer, refused = asyncio.run(asked(app, [rows, [rows[0] | {"n_doors": None}]]))
    expected = model.predict_proba(pandas.DataFrame(rows).astype({"weight": "float32"}))
    found = [[by_class[name] for name in "ab"] for by_class in answer["probabilities"]]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    assert refused["errors"][0]["field"] == "0.n_doors"


def test_labels_are_those_of_the_data(client, row):
    wines = load_wine()
    rows = [dict(zip(row, wine.tolist(), strict=True)) for wine in wines.data]
    labels = client.post("/predict", json=rows).json()["labels"]
    assert np.mean(np.array(labels) == wines.target_names[wines.target]) > 0.98


def without(row, column):
    return {name: value for name, value in row.items() if name != column}


WRONG = {
    "a column too few": (lambda row: [row, without(row, "hue")], "1.hue"),
    "a column too many": (lambda row: [row | {"colour": 1.0}], "0.colour"),
    "a number as text": (lambda row: [row | {"hue": "1.0"}], "0.hue"),
    "a boolean": (lambda row: [row | {"hue": True}], "0.hue"),
    "a gap that the model does not take": (lambda row: [row | {"hue": None}], "0"),
    "a list": (lambda row: [row | {"hue": [1.0]}], "0.hue"),
    "not a number": (lambda row: [row | {"hue": float("nan")}], "0.hue"),
    "infinity": (lambda row: [row | {"hue": float("inf")}], "0.hue"),
    "too large for float64": (lambda row: [row | {"hue": 10**400}], "0.hue"),
    "too large for float32": (lambda row: [row, row | {"hue": 1e308}], "1.hue"),
    "too large for the model": (lambda row: [row, row | {"hue": 3e38}], "1"),
    "no rows": (lambda row: [], "body"),
    "a row that is none": (lambda row: [3], "0"),
    "no list": (lambda row: row, "body"),
    "too many rows": (lambda row: [row] * 1001, "body"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named(client, row, what):
    make, field = WRONG[what]
    headers = {"Content-Type": "application/json"}
    answer = client.post("/predict", content=json.dumps(make(row)), headers=headers)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff"])
def test_what_is_no_json_is_refused(client, content):
    headers = {"Content-Type": "application/json"}
    answer = client.post("/predict", content=content, headers=headers)
    assert answer.status_code in (400, 422)
    (error,) = answer.json()["errors"]
    assert error["field"] in ("body", "request")


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", ""])
def test_another_content_type_is_named(client, row, content_type):
    headers = {"Content-Type": content_type}
    answer = client.post("/predict", content=json.dumps([row]), headers=headers)
    assert answer.status_code == 415
    assert [error["field"] for error in answer.json()["errors"]] == ["Content-Type"]


def test_what_is_asked_of_no_address_is_answered_in_the_same_form(client):
    for answer, status in ((client.get("/predict"), 405), (client.get("/no"), 404)):
        assert answer.status_code == status
        assert [error["field"] for error in answer.json()["errors"]] == ["request"]


def test_no_more_faults_are_told_than_help(client):
    answer = client.post("/predict", json=[{}] * 1000)
    assert len(answer.json()["errors"]) == 20


@pytest.mark.parametrize("in_parts", [False, True])
def test_body_that_is_too_large_is_refused(client, in_parts):
    parts = (b" " * 2**16 for _ in range(17))
    content = parts if in_parts else b"".join(parts)
    answer = client.post("/predict", content=content)
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["field"] == "body"


def test_latencies_are_counted(client, row):
    client.post("/predict", json=[row] * 3).raise_for_status()
    metrics = client.get("/metrics/").text
    assert re.search(r'^predict_seconds_bucket\{le="\+Inf"\} [1-9]', metrics, re.M)
    assert re.search(r"^predicted_rows_total [1-9]", metrics, re.M)


WITHOUT_COLUMNS = {
    "array": ({}, "The model takes X .*, which is no column. Export it"),
    "zipmap": ({"zipmap": True}, "does not say to which class a column of prob"),
}


@pytest.mark.parametrize("what", WITHOUT_COLUMNS)
def test_model_that_cannot_be_served_is_named(serve, what, tmp_path):
    options, message = WITHOUT_COLUMNS[what]
    X = load_wine(as_frame=True).data.iloc[:, :3].astype("float32")
    clf = TwoLayerClassifier(4, max_iter=1).fit(X, np.arange(len(X)) % 2)
    given = X.to_numpy() if what == "array" else X
    exported = to_onnx(clf, given, **options).SerializeToString()
    (tmp_path / "model.onnx").write_bytes(exported)
    with pytest.raises(ValueError, match=message):
        serve["make_app"](tmp_path / "model.onnx")


def test_file_that_is_not_there_is_named_and_not_made(tmp_path):
    missing = tmp_path / "model.onnx"
    command = [sys.executable, str(SERVING / "serve.py"), str(missing)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert f"there is no file {missing}" in done.stderr
    assert not missing.exists()


def test_service_bears_load(url, capsys):
    command = [sys.executable, str(SERVING / "load.py"), "--url", url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    with capsys.disabled():
        print("", *done.stdout.splitlines(), sep="\n")
    assert re.findall(r"(\d+) rows requests_per_second .* p99_ms", done.stdout)

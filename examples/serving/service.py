"""A service that predicts with an exported model: FastAPI and onnxruntime.

It needs neither skmlp nor scikit-learn. The names and types of the columns, and the
classes, are in the model's file.
"""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import onnxruntime
import prometheus_client
from fastapi import Body, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, create_model
from starlette.exceptions import HTTPException

MOST_BYTES, MOST_ROWS, MOST_FAULTS = 2**20, 1_000, 20
# What a column of the model is in JSON, and in NumPy.
LARGEST = float(np.finfo(np.float32).max)
Single = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Integer = Annotated[int, Field(ge=-(2**63), lt=2**63)]
TYPES: dict[str, tuple[Any, type]] = {
    "tensor(float)": (Single | None, np.float32),
    "tensor(double)": (float | None, np.float64),
    "tensor(int64)": (Integer, np.int64),
    "tensor(bool)": (bool, np.bool_),
    "tensor(string)": (str | None, np.object_),
}
# What stands for null, a gap. Integers and booleans have none.
GAPS = {np.float32: np.nan, np.float64: np.nan, np.object_: ""}


def make_app(path: str | Path) -> FastAPI:
    """Return the service for the model in a file."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # one per request; requests run side by side
    session = onnxruntime.InferenceSession(str(path), options)
    classes = classes_of(session)
    check_columns(session)
    columns = {given.name: TYPES[given.type] for given in session.get_inputs()}
    types = {given.name: given.type for given in session.get_inputs()}
    some_rows = Body(min_length=1, max_length=MOST_ROWS)
    Rows = Annotated[list[row_type(columns)], some_rows]  # type: ignore[misc]

    registry = prometheus_client.CollectorRegistry()
    seconds = prometheus_client.Histogram(
        "predict_seconds",
        "Seconds from a valid request to its answer.",
        buckets=[0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 1.0],
        registry=registry,
    )
    n_rows = prometheus_client.Counter(
        "predicted_rows", "Rows that were predicted.", registry=registry
    )

    app = FastAPI(title="A classifier", version="1")
    app.add_middleware(LimitOfBody, most_bytes=MOST_BYTES)
    app.add_exception_handler(RequestValidationError, tell_fields)
    app.add_exception_handler(HTTPException, tell_request)
    app.mount("/metrics", prometheus_client.make_asgi_app(registry))

    @app.get("/health")
    def health() -> dict[str, Any]:
        """Say that the model is loaded, and which columns it wants."""
        model = session.get_modelmeta().custom_metadata_map
        return {"status": "ok", "columns": types, "classes": classes, "model": model}

    @app.post("/predict")
    def predict(rows: Rows) -> dict[str, Any]:
        """Return the label of each row, and the probability of each class."""
        started = time.perf_counter()
        cells = [row.model_dump(by_alias=True) for row in rows]
        feed = {
            name: np.array(
                [[GAPS[dtype] if row[name] is None else row[name]] for row in cells],
                dtype,
            )
            for name, (_, dtype) in columns.items()
        }
        labels, probabilities = session.run(None, feed)
        are_finite = np.isfinite(probabilities).all(axis=1)
        if not are_finite.all():
            row_number = f"{are_finite.argmin()}"
            raise refusal(row_number, "Numbers too large for the model, or gaps")
        seconds.observe(time.perf_counter() - started)
        n_rows.inc(len(rows))
        by_class = [
            dict(zip(map(str, classes), row, strict=True))
            for row in probabilities.tolist()
        ]
        return {"labels": labels.tolist(), "probabilities": by_class}

    return app


def classes_of(session: onnxruntime.InferenceSession) -> list[Any]:
    """Return the classes in the order of the probabilities, as the file has them."""
    metadata = session.get_modelmeta().custom_metadata_map
    if "classes" not in metadata or session.get_outputs()[-1].type.startswith("seq"):
        raise ValueError(
            "The model does not say to which class a column of probabilities belongs. "
            "Export it by skmlp.onnx.to_onnx(model, X)."
        )
    return list(json.loads(metadata["classes"]))


def check_columns(session: onnxruntime.InferenceSession) -> None:
    """Raise where a model does not take columns."""
    wrong = [
        f"{given.name} ({given.type} of shape {given.shape})"
        for given in session.get_inputs()
        if given.type not in TYPES or given.shape[1:] != [1]
    ]
    if wrong:
        raise ValueError(
            f"The model takes {', '.join(wrong)}, which is no column. Export it by "
            "skmlp.onnx.to_onnx(model, X) with a data frame X."
        )


def row_type(columns: dict[str, tuple[Any, type]]) -> type[BaseModel]:
    """Return what a row has to be: these columns and no others, finite numbers."""
    strict = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    fields: Any = {  # columns may have any name
        f"column_{i}": (kind, Field(alias=name))
        for i, (name, (kind, _)) in enumerate(columns.items())
    }
    return create_model("Row", __config__=strict, **fields)


def refusal(field: str, message: str) -> RequestValidationError:
    """Return the error of one field."""
    return RequestValidationError([{"loc": ("body", field), "msg": message}])


def tell_fields(request: Request, error: Exception) -> JSONResponse:
    """Answer 422 with the fields that are wrong, but not with their values.

    These may be what JSON does not have, such as NaN.
    """
    if "json" not in request.headers.get("content-type", ""):
        return told(415, {"Content-Type": "Should be application/json"})
    faults: Any = error.errors() if isinstance(error, RequestValidationError) else []
    return told(422, {field_of(fault): fault["msg"] for fault in faults[:MOST_FAULTS]})


def tell_request(request: Request, error: Exception) -> JSONResponse:
    """Answer a request that no field of which is at fault, in the same form."""
    assert isinstance(error, HTTPException)
    return told(error.status_code, {"request": error.detail}, error.headers)


def told(status_code: int, faults: dict[str, str], headers: Any = None) -> JSONResponse:
    """Return an answer that says what is wrong, by field."""
    errors = [{"field": field, "message": faults[field]} for field in faults]
    return JSONResponse({"errors": errors}, status_code, headers)


def field_of(fault: dict[str, Any]) -> str:
    """Return the row and the column of a fault, as 3.hue, or body where it is none."""
    place = [] if fault.get("type") == "json_invalid" else fault["loc"][1:]
    return ".".join(map(str, place)) or "body"


class LimitOfBody:
    """Answers 413 to a request whose body is too large, before it is read whole."""

    def __init__(self, app: Any, most_bytes: int) -> None:
        self.app = app
        self.most_bytes = most_bytes

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Read a body in parts, up to the limit, and hand it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        parts, n_bytes, is_whole = [], 0, False
        while not is_whole:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            parts.append(message.get("body", b""))
            n_bytes += len(parts[-1])
            is_whole = not message.get("more_body", False)
            if n_bytes > self.most_bytes:
                fault = f"More than {self.most_bytes} bytes; send fewer rows"
                await told(413, {"body": fault})(scope, receive, send)
                return
        body = {"type": "http.request", "body": b"".join(parts), "more_body": False}
        handed_on = iter([body])

        async def receive_whole() -> Any:
            return next(handed_on, None) or await receive()

        await self.app(scope, receive_whole, send)

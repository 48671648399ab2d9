"""A file in a request: as the body itself, or as a part of a form, with what is said of it."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from server.api.problems import ProblemError, in_body, make_problem, wrong_fields
from server.imports import bring
from server.imports.csv_file import FILE_BYTES_MAX

FORM_BYTES_MAX = 10_000  # what a form adds to the file
FILE_NAME = "responses.csv"  # of a body without a name
FIELD_LETTERS_MAX = 100
SAID = ("source", "mode", "timezone", "file_name")

_FIELDS: dict[str, Any] = {
    "source": {"type": "string", "description": "where the rows come from; their references are unique there"},
    "mode": {"type": "string", "description": "how they were collected: paper, tablet, sms, telephone, online, other"},
    "timezone": {"type": "string", "description": "of instants without an offset"},
    "file_name": {"type": "string", "description": "what the file is called"},
}
UPLOAD: dict[str, Any] = {
    "parameters": [
        {
            "name": name,
            "in": "query",
            "required": False,
            "schema": {"type": "string", "maxLength": FIELD_LETTERS_MAX},
            "description": each["description"],
        }
        for name, each in _FIELDS.items()
    ],
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}, **_FIELDS},
                }
            },
        },
    },
}


async def read_upload(request: Request) -> bring.Upload:
    """The file and what is said of it, in the address or in the form. Raises ProblemError 413, 415 or 422."""
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > FILE_BYTES_MAX + FORM_BYTES_MAX:
        raise ProblemError(
            make_problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A file has at most {FILE_BYTES_MAX} bytes.")
        )
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    data = await request.body()
    said = {name: value for name, value in request.query_params.items() if name in SAID}
    if media_type == "multipart/form-data":
        try:
            async with request.form(max_files=1, max_fields=len(SAID)) as form:
                data, in_form = await _from_form(form)
        except HTTPException as error:
            raise ProblemError(wrong_fields(in_body(detail=f"is no form that can be read: {error.detail}"))) from None
        said = in_form | said
    elif media_type != "text/csv":
        detail = "Send the file as text/csv, or as the part `file` of multipart/form-data."
        raise ProblemError(make_problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail))
    for name, value in said.items():
        if len(value) > FIELD_LETTERS_MAX or not value.isprintable():
            detail = f"is longer than {FIELD_LETTERS_MAX} letters, or not text."
            raise ProblemError(wrong_fields(in_body(name, detail=detail)))
    return bring.Upload(
        said.get("file_name") or FILE_NAME,
        data,
        said.get("source") or bring.SOURCE,
        said.get("mode") or None,
        said.get("timezone") or None,
    )


async def _from_form(form: FormData) -> tuple[bytes, dict[str, str]]:
    unknown = [name for name in form if name not in (*SAID, "file")]
    if unknown:
        detail = f"is not known here. Known are file, {', '.join(SAID)}."
        raise ProblemError(wrong_fields(*(in_body(name, detail=detail) for name in unknown)))
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise ProblemError(wrong_fields(in_body("file", detail="is missing, or holds no file.")))
    said = {name: value for name in SAID if isinstance(value := form.get(name), str)}
    if file.filename:
        said.setdefault("file_name", file.filename[:FIELD_LETTERS_MAX])
    return await file.read(), said


Upload = Annotated[bring.Upload, Depends(read_upload)]
